import { Command, Option } from 'commander'
import { PORTAL_SCOPES, type PortalScope } from '../../domain/portal.ts'
import { addConnectionOptions, type ConnectionFlags, connect } from '../connection.ts'
import type { Context } from '../context.ts'
import { given, wholeNumberOf } from '../flags.ts'
import { show } from '../show.ts'

interface PortalFlags extends ConnectionFlags {
  readonly scope: PortalScope
  readonly for?: string
  readonly user?: string
}

export function portalCommand(context: Context): Command {
  return addConnectionOptions(new Command('portal'))
    .description(
      "Makes a link with which somebody of a tenant's sees what is theirs. It works once, within 10 minutes. For the tenant of --tenant, else `default`.",
    )
    .addOption(
      new Option('--scope <SCOPE>', 'view: only look; manage: also change subscriptions, retry, replay')
        .choices(PORTAL_SCOPES)
        .default('view'),
    )
    .option('--for <SECONDS>', 'how long the session may last; 3600 when left out')
    .option('--user <NAME>', 'who it is for: told in the audit log')
    .action(async (flags: PortalFlags) => {
      const { client, tenant = 'default' } = connect(flags, context)
      const made = await client.call('createPortalSession', {
        body: {
          ...{ tenant, scope: flags.scope },
          ...given({ user: flags.user, expires_in_s: wholeNumberOf('--for', flags.for) }),
        },
      })
      await show(context, flags.json, made, [
        ['url', made.url],
        ['works until', made.link_expires_at],
        ['session until', made.expires_at],
      ])
    })
}

import { Command, Option } from 'commander'
import type { Row } from '../../api/contract/contract.ts'
import { KEY_SCOPES, type KeyScope } from '../../domain/records.ts'
import { addConnectionOptions, type ConnectionFlags, connect } from '../connection.ts'
import type { Context } from '../context.ts'
import { addListOptions, type ListFlags, list } from '../listing.ts'
import { show } from '../show.ts'
import type { Column } from '../text/table.ts'
import { shortInstant } from '../text/time.ts'

type Key = Row<'listKeys'>

export function keysCommand(context: Context): Command {
  const command = new Command('keys').description('Keys for the API. Needs an admin key.')
  addConnectionOptions(command.command('create'))
    .description('Creates a key, and shows it, this once. For the tenant of --tenant, else `default`.')
    .argument('<NAME>', 'what it is for')
    .addOption(
      new Option(
        '--scope <SCOPE>',
        'admin: everything; tenant: all of one tenant; publish: only publish; read: only read',
      )
        .choices(KEY_SCOPES)
        .default('tenant'),
    )
    .action((name: string, flags: ConnectionFlags & { scope: KeyScope }) => create(name, flags, context))
  addListOptions(addConnectionOptions(command.command('list')))
    .description('Keys, newest first; never their text. With --tenant only those of the tenant.')
    .action((flags: ConnectionFlags & ListFlags) => {
      const { client } = connect(flags, context)
      return list((page) => client.call('listKeys', { query: page }), COLUMNS, flags, context)
    })
  addConnectionOptions(command.command('revoke'))
    .description('Takes a key out of use.')
    .argument('<KEY-ID>')
    .action(async (id: string, flags: ConnectionFlags) => {
      const key = await connect(flags, context).client.call('revokeKey', { params: { id } })
      if (flags.json) await context.output.json(key)
      else await context.output.line(`${key.id} (${key.name}) is revoked.`)
    })
  return command
}

async function create(
  name: string,
  flags: ConnectionFlags & { readonly scope: KeyScope },
  context: Context,
): Promise<void> {
  const made = await connect(flags, context).client.call('createKey', { body: { name, scope: flags.scope } })
  await show(context, flags.json, made, [
    ['id', made.id],
    ['name', made.name],
    ['scope', made.scope],
    ['tenant', made.tenant_id ?? 'all'],
    ['key', made.key],
  ])
  if (!flags.json) context.output.note('The key is shown this once.')
}

const COLUMNS: ReadonlyArray<Column<Key>> = [
  { title: 'id', value: ({ id }) => id },
  { title: 'name', value: ({ name }) => name, least: 10 },
  { title: 'scope', value: ({ scope }) => scope },
  { title: 'tenant', value: ({ tenant_id }) => tenant_id ?? 'all', least: 12 },
  { title: 'key', value: ({ hint }) => `${hint}…` },
  { title: 'created', value: ({ created_at }) => shortInstant(created_at) },
  { title: 'revoked', value: ({ revoked_at }) => shortInstant(revoked_at) },
]

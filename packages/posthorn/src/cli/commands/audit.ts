import { Command } from 'commander'
import type { Row } from '../../api/contract/contract.ts'
import { addConnectionOptions, type ConnectionFlags, connect } from '../connection.ts'
import type { Context } from '../context.ts'
import { given, past } from '../flags.ts'
import { addListOptions, type ListFlags, list } from '../listing.ts'
import type { Column } from '../text/table.ts'
import { shortInstant } from '../text/time.ts'

type Entry = Row<'listAudit'>

interface AuditFlags extends ConnectionFlags, ListFlags {
  readonly action?: string
  readonly actor?: string
  readonly object?: string
  readonly since?: string
  readonly until?: string
}

export function auditCommand(context: Context): Command {
  const command = new Command('audit').description(
    'Who changed what, newest first. With an admin key of everybody, with --tenant only what is of the tenant.',
  )
  return addListOptions(addConnectionOptions(command))
    .option('--action <ACTION>', 'subscription.updated, or subscription.* for all of a kind')
    .option('--actor <ACTOR>', 'the id of a key; or key, session, portal, system')
    .option('--object <ID>', 'of what was changed')
    .option('--since <TIME>', 'at or after: 2h, 7d, 2026-01-31T12:00:00Z')
    .option('--until <TIME>', 'before')
    .action((flags: AuditFlags) => {
      const { client } = connect(flags, context)
      const now = context.clock.now()
      const filter = given({
        ...{ action: flags.action, actor: flags.actor, object: flags.object },
        since: past('--since', flags.since, now),
        until: past('--until', flags.until, now),
      })
      return list(
        (page) => client.call('listAudit', { query: { ...filter, ...page } }),
        COLUMNS,
        flags,
        context,
      )
    })
}

const COLUMNS: ReadonlyArray<Column<Entry>> = [
  { title: 'at', value: ({ at }) => shortInstant(at) },
  { title: 'who', value: ({ actor }) => `${actor.kind} ${actor.name}`, least: 12 },
  { title: 'what', value: ({ action }) => action },
  { title: 'name', value: ({ object }) => object.name, least: 10 },
  { title: 'id', value: ({ object }) => object.id },
  { title: 'fields', value: ({ changes }) => Object.keys(changes).join(', '), least: 12 },
  { title: 'from', value: ({ address }) => address ?? '' },
]

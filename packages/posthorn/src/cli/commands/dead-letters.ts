import { Command } from 'commander'
import type { Result, Row } from '../../api/contract/contract.ts'
import { addConnectionOptions, type ConnectionFlags, connect } from '../connection.ts'
import type { Context } from '../context.ts'
import { type BulkAction, type BulkFlags, begin } from '../dead-letters/begin.ts'
import { bulkFields, watchBulk } from '../dead-letters/watch.ts'
import { addListOptions, type ListFlags, list } from '../listing.ts'
import { count } from '../progress.ts'
import { show } from '../show.ts'
import { type Column, Table } from '../text/table.ts'
import { shortInstant } from '../text/time.ts'

type Group = Result<'listDeadLetters'>['data'][number]
type Bulk = Row<'listBulks'>

export function deadLettersCommand(context: Context): Command {
  const command = new Command('dead-letters').description(
    'Deliveries that were given up. Each one: posthorn deliveries list --state dead.',
  )
  addConnectionOptions(command.command('list'))
    .description('By cause and target, the largest group first.')
    .action((flags: ConnectionFlags) => listGroups(flags, context))
  addAction(command, 'retry', 'Attempts them again; the schedule starts anew.', context)
  addAction(command, 'drop', 'Cancels them, so that they are dead letters no longer.', context)
  addListOptions(addConnectionOptions(command.command('bulks')))
    .description('What was begun by retry and drop, newest first.')
    .action((flags: ConnectionFlags & ListFlags) => {
      const { client } = connect(flags, context)
      return list((page) => client.call('listBulks', { query: page }), BULKS, flags, context)
    })
  addConnectionOptions(command.command('watch'))
    .description('Waits until a retry or drop is done, and tells what came of it.')
    .argument('<BULK-ID>')
    .action((id: string, flags: ConnectionFlags) =>
      watchBulk(id, flags, connect(flags, context).client, context),
    )
  addConnectionOptions(command.command('cancel'))
    .description('Stops one; what it has changed stays so.')
    .argument('<BULK-ID>')
    .action(async (id: string, flags: ConnectionFlags) => {
      const bulk = await connect(flags, context).client.call('cancelBulk', { params: { id } })
      await show(context, flags.json, bulk, bulkFields(bulk))
    })
  return command
}

function addAction(command: Command, action: BulkAction, description: string, context: Context): void {
  addConnectionOptions(command.command(action))
    .description(`${description} Goes on in the server, restarts included.`)
    .argument('[DELIVERY-ID...]', 'these; left out: all that fit the filters')
    .option('--subscription <ID>', 'only to this subscription')
    .option('--type <FILTER>', "a type, `user.*` or '*'")
    .option('--cause <CAUSE>', 'as the list tells it, exactly')
    .option('--since <TIME>', 'made at or after: 2h, 7d, 2026-01-31T12:00:00Z')
    .option('--until <TIME>', 'made before')
    .option('--yes', 'do it; without ids and without this it is only told how many there are')
    .option('--no-wait', 'do not wait until it is done')
    .action((ids: string[], flags: BulkFlags) => begin(action, ids, flags, context))
}

async function listGroups(flags: ConnectionFlags, context: Context): Promise<void> {
  const { output } = context
  const { data, complete } = await connect(flags, context).client.call('listDeadLetters', {})
  if (flags.json) for (const group of data) await output.json(group, true)
  else if (data.length === 0) output.note('There are none.')
  else {
    const heading = (text: string) => output.paint('dim', text)
    await output.lines(new Table(GROUPS, { width: output.width, heading }).lines(data))
  }
  if (!complete) output.note('There are more: only the newest 10,000 are counted here.')
}

const GROUPS: ReadonlyArray<Column<Group>> = [
  { title: 'count', value: (group) => count(group.count), right: true },
  { title: 'cause', value: ({ cause }) => cause, least: 12 },
  {
    title: 'target',
    value: ({ subscription_id, handler }) => subscription_id ?? `handler ${handler ?? ''}`,
    least: 12,
  },
  { title: 'oldest', value: ({ oldest_at }) => shortInstant(oldest_at) },
  { title: 'newest', value: ({ newest_at }) => shortInstant(newest_at) },
  { title: 'one of them', value: ({ sample_delivery_id }) => sample_delivery_id },
]

const BULKS: ReadonlyArray<Column<Bulk>> = [
  { title: 'id', value: ({ id }) => id },
  { title: 'action', value: ({ action }) => action },
  { title: 'state', value: ({ state }) => state },
  { title: 'matched', value: ({ matched }) => count(matched), right: true },
  { title: 'done', value: ({ done }) => count(done), right: true },
  { title: 'changed', value: ({ changed }) => count(changed), right: true },
  { title: 'begun', value: ({ created_at }) => shortInstant(created_at) },
]

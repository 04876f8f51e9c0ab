import { Command } from 'commander'
import type { Result, Row } from '../../api/contract/contract.ts'
import { addConnectionOptions, type ConnectionFlags, connect } from '../connection.ts'
import type { Context } from '../context.ts'
import { given, past, stateOf } from '../flags.ts'
import { addListOptions, type ListFlags, list } from '../listing.ts'
import { deliveryColumns, indented, show } from '../show.ts'
import type { Column } from '../text/table.ts'
import { shortInstant } from '../text/time.ts'

type ListedEvent = Row<'listEvents'>

interface EventsFlags extends ConnectionFlags, ListFlags {
  readonly type?: string
  readonly source?: string
  readonly since?: string
  readonly until?: string
  readonly state?: string
  readonly text?: string
}

export function eventsCommand(context: Context): Command {
  const command = new Command('events').description('What was published or came in.')
  addListOptions(addConnectionOptions(command.command('list')))
    .description('Events, newest first.')
    .option('--type <FILTER>', "a type, `user.*` or '*'")
    .option('--source <SOURCE>', 'only from this source')
    .option('--since <TIME>', 'received at or after: 2h, 7d, 2026-01-31T12:00:00Z')
    .option('--until <TIME>', 'received before')
    .option('--text <TEXT>', 'only those whose data has this text, byte for byte')
    .action((flags: EventsFlags) => listEvents(flags, context))
  addConnectionOptions(command.command('show'))
    .description('One event with its data.')
    .argument('<EVENT-ID>')
    .option('--source <SOURCE>', 'where it came from; left out: published over the API')
    .option('--data', 'print nothing but the data')
    .action((id: string, flags: EventsFlags & { data?: boolean }) => showEvent(id, flags, context))
  addListOptions(addConnectionOptions(command.command('deliveries')))
    .description('The deliveries of one event.')
    .argument('<EVENT-ID>')
    .option('--source <SOURCE>', 'where it came from; left out: published over the API')
    .option('--state <STATE>', 'pending, delivered, dead or cancelled')
    .action((id: string, flags: EventsFlags) => listDeliveries(id, flags, context))
  return command
}

async function listEvents(flags: EventsFlags, context: Context): Promise<void> {
  const { client } = connect(flags, context)
  const now = context.clock.now()
  const filter = given({
    event_type: flags.type,
    source: flags.source,
    since: past('--since', flags.since, now),
    until: past('--until', flags.until, now),
    text: flags.text,
  })
  const columns: Array<Column<ListedEvent>> = [
    { title: 'id', value: ({ event_id }) => event_id, least: 20 },
    { title: 'type', value: ({ event_type }) => event_type, least: 16 },
    { title: 'source', value: ({ source }) => source ?? '-' },
    { title: 'received', value: ({ received_at }) => shortInstant(received_at) },
    { title: 'bytes', value: ({ data_bytes }) => String(data_bytes), right: true },
  ]
  await list((page) => client.call('listEvents', { query: { ...filter, ...page } }), columns, flags, context)
}

async function showEvent(
  id: string,
  flags: EventsFlags & { readonly data?: boolean },
  context: Context,
): Promise<void> {
  const { client } = connect(flags, context)
  const event = await client.call('getEvent', { params: { id }, query: given({ source: flags.source }) })
  if (flags.data) return await context.output.line(dataText(event))
  await show(context, flags.json, event, [
    ['id', event.event_id],
    ['type', event.event_type],
    ['source', event.source ?? 'published here'],
    ['request', event.request_id ?? 'not known'],
    ['occurred', event.occurred_at],
    ['received', event.received_at],
    ['data', `${event.content_type}, ${event.data_bytes} bytes`],
  ])
  if (!flags.json) await context.output.line(indented(dataText(event)))
}

function dataText(event: Result<'getEvent'>): string {
  return event.data_text ?? event.data_base64 ?? JSON.stringify(event.data, null, 2)
}

async function listDeliveries(id: string, flags: EventsFlags, context: Context): Promise<void> {
  const { client } = connect(flags, context)
  const filter = given({ state: stateOf(flags.state), source: flags.source })
  await list(
    (page) => client.call('listEventDeliveries', { params: { id }, query: { ...filter, ...page } }),
    deliveryColumns(context),
    flags,
    context,
  )
}

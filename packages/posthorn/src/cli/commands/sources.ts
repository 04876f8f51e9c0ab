import { Command } from 'commander'
import type { Body } from '../../api/contract/contract.ts'
import { addConnectionOptions, type ConnectionFlags, connect } from '../connection.ts'
import type { Context } from '../context.ts'
import { usageError } from '../exit.ts'
import { given } from '../flags.ts'
import { addListOptions, type ListFlags, list } from '../listing.ts'
import { show } from '../show.ts'
import { addSourceOptions, sourceFields as inputOf, type SourceFlags, secondsOf } from '../sources/input.ts'
import { addRequestCommands } from '../sources/requests.ts'
import { sourceColumns, sourceFields } from '../sources/show.ts'

type Flags = ConnectionFlags

export function sourcesCommand(context: Context): Command {
  const command = new Command('sources').description('Who may send here, and how it signs.')
  addReaders(command, context)
  addSourceOptions(addConnectionOptions(command.command('create')))
    .description('Creates one, and shows the URL to which the provider is to send.')
    .argument('<SLUG>', 'its name in filters and handlers; never changed')
    .addHelpText('after', CREATE_HELP)
    .action((slug: string, flags: SourceFlags & Flags) => create(slug, flags, context))
  addSourceOptions(addConnectionOptions(command.command('update')))
    .description('Changes what is given; secrets replace all of them.')
    .argument('<SOURCE>', 'id or slug')
    .action((id: string, flags: SourceFlags & Flags) => update(id, flags, context))
  addConnectionOptions(command.command('delete'))
    .description('Deletes it: its requests are answered 404. What it brought stays.')
    .argument('<SOURCE>')
    .action((id: string, flags: Flags) => remove(id, flags, context))
  addConnectionOptions(command.command('let-through'))
    .description(
      'For a while, what is sent again is delivered again instead of being dropped as a duplicate.',
    )
    .argument('<SOURCE>')
    .option('--event-id <ID>', 'only this event')
    .option('--for <SPAN>', 'how long: 90s, 10m, 1h (default: 10m)')
    .action((id: string, flags: LetThroughFlags) => letThrough(id, flags, context))
  addRequestCommands(command, context)
  return command
}

const CREATE_HELP = `
Examples:
  posthorn sources create github --provider github --secret-env GITHUB_WEBHOOK_SECRET
  pass show stripe | posthorn sources create stripe --provider stripe --secret-file -
  posthorn sources create acme --scheme acme.json --secret-file acme.secret

A scheme of your own: { "header": "X-Acme-Signature", "signed": ["timestamp", { "literal": "." }, "body"],
  "timestamp": { "in": { "header": "X-Acme-Time" }, "unit": "s" }, "id": { "body": ["id"] } }
`

function addReaders(command: Command, context: Context): void {
  addListOptions(addConnectionOptions(command.command('list')))
    .description('Sources, newest first.')
    .action((flags: Flags & ListFlags) => {
      const { client } = connect(flags, context)
      const columns = sourceColumns(context.output)
      return list((page) => client.call('listSources', { query: page }), columns, flags, context)
    })
  addConnectionOptions(command.command('show'))
    .description('One source. Never its secrets.')
    .argument('<SOURCE>', 'id or slug')
    .action(async (id: string, flags: Flags) => {
      const row = await connect(flags, context).client.call('getSource', { params: { id } })
      await show(context, flags.json, row, sourceFields(row))
    })
}

async function create(slug: string, flags: SourceFlags & Flags, context: Context): Promise<void> {
  const fields = await inputOf(flags, context)
  if (fields.provider === undefined && fields.scheme === undefined)
    throw usageError('Say how it signs: --provider NAME (see posthorn providers), or --scheme FILE.')
  const body: Body<'createSource'> = { ...fields, slug }
  const made = await connect(flags, context).client.call('createSource', { body })
  await show(context, flags.json, made, sourceFields(made))
  if (!flags.json) context.output.note(`Type the ingest URL into the provider's page: ${made.ingest_url}`)
}

async function update(id: string, flags: SourceFlags & Flags, context: Context): Promise<void> {
  const body = await inputOf(flags, context)
  if (Object.keys(body).length === 0)
    throw usageError('Say what to change: see posthorn sources update --help.')
  const row = await connect(flags, context).client.call('updateSource', { params: { id }, body })
  await show(context, flags.json, row, sourceFields(row))
}

async function remove(id: string, flags: Flags, context: Context): Promise<void> {
  await connect(flags, context).client.call('deleteSource', { params: { id } })
  if (flags.json) await context.output.json({ id, deleted: true })
  else await context.output.line(`${id} is deleted.`)
}

interface LetThroughFlags extends Flags {
  readonly eventId?: string
  readonly for?: string
}

async function letThrough(id: string, flags: LetThroughFlags, context: Context): Promise<void> {
  const body = given({ event_id: flags.eventId, for_s: secondsOf('--for', flags.for) })
  const row = await connect(flags, context).client.call('letThrough', { params: { id }, body })
  if (flags.json) return await context.output.json(row)
  const opened = row.let_through.map(
    ({ event_id, until }) => `${event_id ?? 'Any event'} of ${row.slug} is let through again until ${until}.`,
  )
  await context.output.lines(opened)
}

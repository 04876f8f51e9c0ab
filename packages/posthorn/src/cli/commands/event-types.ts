import { Command } from 'commander'
import type { Row } from '../../api/contract/contract.ts'
import { LIMITS } from '../../domain/limits.ts'
import { addConnectionOptions, type ConnectionFlags, connect } from '../connection.ts'
import type { Context } from '../context.ts'
import { usageError } from '../exit.ts'
import { given, jsonOf } from '../flags.ts'
import { readBytes } from '../input.ts'
import { addListOptions, type ListFlags, list } from '../listing.ts'
import { indented, show } from '../show.ts'
import type { Column } from '../text/table.ts'
import { shortInstant } from '../text/time.ts'

type EventType = Row<'listEventTypes'>

interface TypeFlags extends ConnectionFlags {
  readonly description?: string
  readonly schema?: string
  readonly example?: string
  readonly archive?: boolean
  readonly restore?: boolean
}

export function eventTypesCommand(context: Context): Command {
  const command = new Command('event-types').description(
    'What event types mean, and what their data must look like.',
  )
  addListOptions(addConnectionOptions(command.command('list')))
    .description('Described event types.')
    .action((flags: ConnectionFlags & ListFlags) => {
      const { client } = connect(flags, context)
      return list((page) => client.call('listEventTypes', { query: page }), COLUMNS, flags, context)
    })
  addConnectionOptions(command.command('show'))
    .description('One event type with its schema.')
    .argument('<NAME>')
    .action(async (name: string, flags: TypeFlags) => {
      await tell(
        await connect(flags, context).client.call('getEventType', { params: { name } }),
        flags,
        context,
      )
    })
  addTypeOptions(addConnectionOptions(command.command('create')))
    .description('Describes an event type. With a schema, an event that does not fit is refused.')
    .argument('<NAME>')
    .action(async (name: string, flags: TypeFlags) => {
      const body = { name, ...(await fieldsOf(flags, context)) }
      await tell(await connect(flags, context).client.call('createEventType', { body }), flags, context)
    })
  addTypeOptions(addConnectionOptions(command.command('update')))
    .description('Changes what is given.')
    .argument('<NAME>')
    .option('--archive', 'publishing it is refused from now on')
    .option('--restore', 'publishing it is allowed again')
    .action(async (name: string, flags: TypeFlags) => {
      const body = await fieldsOf(flags, context)
      if (Object.keys(body).length === 0)
        throw usageError('Say what to change: see posthorn event-types update --help.')
      await tell(
        await connect(flags, context).client.call('updateEventType', { params: { name }, body }),
        flags,
        context,
      )
    })
  addConnectionOptions(command.command('delete'))
    .description('Deletes the description; events of the type stay.')
    .argument('<NAME>')
    .action(async (name: string, flags: TypeFlags) => {
      await connect(flags, context).client.call('deleteEventType', { params: { name } })
      if (flags.json) await context.output.json({ name, deleted: true })
      else await context.output.line(`${name} is deleted.`)
    })
  return command
}

function addTypeOptions(command: Command): Command {
  return command
    .option('--description <TEXT>')
    .option('--schema <FILE>', 'JSON Schema 2020-12; - for stdin, `none` takes it away')
    .option('--example <FILE>', 'an example of the data, as JSON')
}

async function fieldsOf(flags: TypeFlags, context: Context) {
  if (flags.archive && flags.restore) throw usageError('--archive and --restore exclude each other.')
  const archived = flags.archive ? true : flags.restore ? false : undefined
  return given({
    description: flags.description,
    schema: flags.schema === undefined ? undefined : await schemaOf(flags.schema, context),
    examples: flags.example === undefined ? undefined : [await jsonFile('--example', flags.example, context)],
    archived,
  })
}

async function schemaOf(path: string, context: Context): Promise<Record<string, unknown> | null> {
  if (path === 'none') return null
  return (await jsonFile('--schema', path, context)) as Record<string, unknown>
}

async function jsonFile(option: string, path: string, context: Context): Promise<unknown> {
  const bytes = await readBytes(path, LIMITS.requestBodyBytes, context)
  return jsonOf(`${option} ${path}`, Buffer.from(bytes).toString('utf8'))
}

const COLUMNS: ReadonlyArray<Column<EventType>> = [
  { title: 'name', value: ({ name }) => name },
  { title: 'schema', value: ({ schema }) => (schema === null ? 'no' : 'yes') },
  { title: 'archived', value: ({ archived }) => (archived ? 'yes' : 'no') },
  { title: 'updated', value: ({ updated_at }) => shortInstant(updated_at) },
  { title: 'description', value: ({ description }) => description, least: 10 },
]

async function tell(type: EventType, flags: TypeFlags, context: Context): Promise<void> {
  await show(context, flags.json, type, [
    ['name', type.name],
    ['description', type.description],
    ['archived', type.archived ? 'yes: publishing it is refused' : 'no'],
    ['created', type.created_at],
    ['updated', type.updated_at],
    ['schema', type.schema === null ? 'none' : 'below'],
  ])
  if (!flags.json && type.schema !== null)
    await context.output.line(indented(JSON.stringify(type.schema, null, 2)))
}

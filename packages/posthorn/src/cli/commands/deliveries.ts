import { Command } from 'commander'
import type { Result, Row } from '../../api/contract/contract.ts'
import type { PosthornClient } from '../../client/client.ts'
import { PosthornApiError } from '../../client/error.ts'
import { addConnectionOptions, type ConnectionFlags, connect } from '../connection.ts'
import type { Context } from '../context.ts'
import { tellAttempt, tellBody } from '../deliveries/attempts.ts'
import { CliError, usageError } from '../exit.ts'
import { given, past, stateOf } from '../flags.ts'
import { addListOptions, type ListFlags, list } from '../listing.ts'
import { count, Progress } from '../progress.ts'
import { deliveryColumns, deliveryFields, show, stateText } from '../show.ts'

type Attempt = Row<'listAttempts'>

interface DeliveriesFlags extends ConnectionFlags, ListFlags {
  readonly state?: string
  readonly subscription?: string
  readonly event?: string
  readonly type?: string
  readonly since?: string
  readonly until?: string
  readonly dead?: boolean
  readonly request?: boolean
}

export function deliveriesCommand(context: Context): Command {
  const command = new Command('deliveries').description(
    'One event to one subscription or handler, until it is done.',
  )
  addFilters(addListOptions(addConnectionOptions(command.command('list'))))
    .description('Deliveries, newest first. `--state dead` is the dead-letter list.')
    .option('--state <STATE>', 'pending, delivered, dead or cancelled')
    .option('--event <EVENT-ID>', 'only of this event')
    .action((flags: DeliveriesFlags) => listDeliveries(flags, context))
  addConnectionOptions(command.command('show'))
    .description('One delivery with its attempts and what was answered.')
    .argument('<DELIVERY-ID>')
    .option('--request', 'what was sent, too: URL, headers and body; and the headers of the answers')
    .action((id: string, flags: DeliveriesFlags) => showDelivery(id, flags, context))
  addFilters(addConnectionOptions(command.command('retry')))
    .description('Attempts dead, cancelled or delivered ones again; the schedule starts anew.')
    .argument('[DELIVERY-ID...]')
    .option('--dead', 'all dead ones that fit the filters, instead of ids')
    .action((ids: string[], flags: DeliveriesFlags) => retry(ids, flags, context))
  addConnectionOptions(command.command('cancel'))
    .description('Cancels pending ones that nobody is attempting.')
    .argument('<DELIVERY-ID...>')
    .action((ids: string[], flags: DeliveriesFlags) => change('cancelDelivery', ids, flags, context))
  return command
}

function addFilters(command: Command): Command {
  return command
    .option('--subscription <ID>', 'only to this subscription')
    .option('--type <FILTER>', "a type, `user.*` or '*'")
    .option('--since <TIME>', 'made at or after: 2h, 7d, 2026-01-31T12:00:00Z')
    .option('--until <TIME>', 'made before')
}

function filterOf(flags: DeliveriesFlags, { clock }: Context) {
  return given({
    subscription_id: flags.subscription,
    event_id: flags.event,
    event_type: flags.type,
    state: stateOf(flags.state),
    since: past('--since', flags.since, clock.now()),
    until: past('--until', flags.until, clock.now()),
  })
}

async function listDeliveries(flags: DeliveriesFlags, context: Context): Promise<void> {
  const { client } = connect(flags, context)
  const filter = filterOf(flags, context)
  await list(
    (page) => client.call('listDeliveries', { query: { ...filter, ...page } }),
    deliveryColumns(context),
    flags,
    context,
  )
}

async function showDelivery(id: string, flags: DeliveriesFlags, context: Context): Promise<void> {
  const { client } = connect(flags, context)
  const delivery = await client.call('getDelivery', { params: { id } })
  const attempts: Attempt[] = []
  for await (const attempt of client.each('listAttempts', { params: { id } })) attempts.push(attempt)
  const exchange = flags.request === true
  // A handler is called: nothing goes over the wire.
  const asked = exchange && delivery.subscription_id !== null
  const sent = asked ? await client.call('getRequestBody', { params: { id } }) : null
  const document = { ...delivery, attempt_list: attempts, ...(exchange ? { request_body: sent } : {}) }
  await show(context, flags.json, document, deliveryFields(delivery))
  if (flags.json) return
  if (sent !== null) await tellBody(sent, context)
  for (const attempt of attempts) await tellAttempt(attempt, exchange, context)
}

async function retry(ids: readonly string[], flags: DeliveriesFlags, context: Context): Promise<void> {
  if (flags.dead === true && ids.length > 0) throw usageError('Give ids or --dead, not both.')
  if (flags.dead !== true && ids.length === 0)
    throw usageError('Give the ids of deliveries, or --dead for all dead ones.')
  if (flags.dead !== true) return await change('retryDelivery', ids, flags, context)
  const { client } = connect(flags, context)
  const progress = new Progress(context.output, context.clock, 'retrying')
  const query = { ...filterOf(flags, context), state: 'dead' as const, limit: 250 }
  let done = 0
  for await (const { id } of client.each('listDeliveries', { query })) {
    if (await retryDead(client, id)) done += 1
    progress.update({ done, unit: 'deliveries', share: null })
  }
  progress.clear()
  if (flags.json) await context.output.json({ retried: done })
  else await context.output.line(`${count(done)} dead deliveries are attempted again.`)
}

/** @returns false when somebody else was faster: it is no longer dead, or gone */
async function retryDead(client: PosthornClient, id: string): Promise<boolean> {
  try {
    await client.call('retryDelivery', { params: { id } })
    return true
  } catch (error) {
    if (error instanceof PosthornApiError && (error.code === 'state_conflict' || error.status === 404))
      return false
    throw error
  }
}

type Change = 'retryDelivery' | 'cancelDelivery'

/** Each on its own: one that is refused does not hold up the others. */
async function change(
  operation: Change,
  ids: readonly string[],
  flags: DeliveriesFlags,
  context: Context,
): Promise<void> {
  const { client } = connect(flags, context)
  const refused: PosthornApiError[] = []
  for (const id of ids) {
    try {
      await tell(await client.call(operation, { params: { id } }), flags, context)
    } catch (error) {
      if (!(error instanceof PosthornApiError) || ids.length === 1 || error.status === 0) throw error
      context.output.note(`${id}: ${error.detail}`)
      refused.push(error)
    }
  }
  if (refused.length > 0)
    throw new CliError('partly', `${refused.length} of ${ids.length} deliveries were refused.`)
}

async function tell(delivery: Result<Change>, flags: DeliveriesFlags, { output }: Context): Promise<void> {
  if (flags.json) await output.json(delivery, true)
  else await output.line(`${delivery.id} is ${stateText(output, delivery.state)}`)
}

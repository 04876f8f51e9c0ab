import { Command } from 'commander'
import type { Body } from '../../api/contract/contract.ts'
import { addConnectionOptions, type ConnectionFlags, connect } from '../connection.ts'
import type { Context } from '../context.ts'
import { CliError, usageError } from '../exit.ts'
import { given } from '../flags.ts'
import { addListOptions, type ListFlags, list } from '../listing.ts'
import { indented, show } from '../show.ts'
import {
  addSubscriptionOptions,
  subscriptionFields as inputOf,
  type SubscriptionFlags,
} from '../subscriptions/input.ts'
import { statsFields, subscriptionColumns, subscriptionFields } from '../subscriptions/show.ts'
import { durationMs, spanText } from '../text/time.ts'

type Flags = ConnectionFlags

interface CreateFlags extends Flags, SubscriptionFlags {
  readonly inactive?: boolean
  readonly signingSecret?: string
  readonly targetUrl?: string
}

export function subscriptionsCommand(context: Context): Command {
  const command = new Command('subscriptions').description('Where events of some types are sent, and how.')
  addReaders(command, context)
  addSubscriptionOptions(addConnectionOptions(command.command('create')))
    .description('Creates one, and shows its signing secret, this once.')
    .argument('[TARGET-URL]', 'where events are POSTed')
    .option('--inactive', 'not yet')
    .option('--signing-secret <SECRET>', 'an own one, in the form that the scheme wants')
    .action((url: string | undefined, flags: CreateFlags) => create(url, flags, context))
  addSubscriptionOptions(addConnectionOptions(command.command('update')))
    .description('Changes what is given.')
    .argument('<ID>')
    .option('--target-url <URL>', 'where events are POSTed')
    .action((id: string, flags: CreateFlags) => update(id, flags, context))
  addConnectionOptions(command.command('delete'))
    .description('Deletes it; what still waits for it is cancelled.')
    .argument('<ID>')
    .action((id: string, flags: Flags) => remove(id, flags, context))
  addConnectionOptions(command.command('rotate-secret'))
    .description('Makes a new signing secret, and shows it, this once.')
    .argument('<ID>')
    .option('--overlap <SPAN>', 'how long the old one goes on signing beside it: 0s, 12h, 7d (default: 1d)')
    .option('--signing-secret <SECRET>', 'an own new one')
    .action((id: string, flags: RotateFlags) => rotate(id, flags, context))
  addConnectionOptions(command.command('test'))
    .description('Sends `test.ping` now, and says what was answered.')
    .argument('<ID>')
    .action((id: string, flags: Flags) => test(id, flags, context))
  for (const operation of ['enable', 'disable'] as const)
    addConnectionOptions(command.command(operation))
      .description(
        operation === 'enable' ? 'Deliveries go on.' : 'Deliveries wait until it is enabled again.',
      )
      .argument('<ID>')
      .action((id: string, flags: Flags) => toggle(operation, id, flags, context))
  return command
}

function addReaders(command: Command, context: Context): void {
  addListOptions(addConnectionOptions(command.command('list')))
    .description('Subscriptions, newest first.')
    .action((flags: Flags & ListFlags) => {
      const { client } = connect(flags, context)
      const columns = subscriptionColumns(context.output)
      return list((page) => client.call('listSubscriptions', { query: page }), columns, flags, context)
    })
  addConnectionOptions(command.command('show'))
    .description('One subscription. Never its secret.')
    .argument('<ID>')
    .action(async (id: string, flags: Flags) => {
      const row = await connect(flags, context).client.call('getSubscription', { params: { id } })
      await show(context, flags.json, row, subscriptionFields(row))
    })
  addConnectionOptions(command.command('stats'))
    .description('Counts and latency percentiles.')
    .argument('<ID>')
    .option('--window <SPAN>', 'attempts of the last …: 15m, 24h, 7d (default: 1d)')
    .action(async (id: string, flags: Flags & { window?: string }) => {
      const query = given({ window_s: spanOf('--window', flags.window) })
      const stats = await connect(flags, context).client.call('getSubscriptionStats', {
        params: { id },
        query,
      })
      await show(context, flags.json, stats, statsFields(stats))
    })
}

async function create(url: string | undefined, flags: CreateFlags, context: Context): Promise<void> {
  const fields = await inputOf(flags, context)
  const target = url ?? fields.url
  const { events } = fields
  if (target === undefined)
    throw usageError('Say where events are to be sent: posthorn subscriptions create URL --event FILTER.')
  if (events === undefined)
    throw usageError("Say which events: --event user.signed_up, --event 'user.*' or --event '*'.")
  const body: Body<'createSubscription'> = {
    name: hostOf(target),
    ...fields,
    ...{ url: target, events },
    ...(flags.inactive ? { active: false } : {}),
    ...given({ signing_secret: flags.signingSecret }),
  }
  const made = await connect(flags, context).client.call('createSubscription', { body })
  await show(context, flags.json, made, [
    ...subscriptionFields(made),
    ['signing secret', made.signing_secret],
    ...(made.public_key === undefined ? [] : [['public key', made.public_key] as const]),
  ])
  if (!flags.json) context.output.note('The signing secret is shown this once.')
}

function hostOf(url: string): string {
  return URL.parse(url)?.host || 'subscription'
}

async function update(id: string, flags: CreateFlags, context: Context): Promise<void> {
  const body = { ...(await inputOf(flags, context)), ...given({ url: flags.targetUrl }) }
  if (Object.keys(body).length === 0)
    throw usageError('Say what to change: see posthorn subscriptions update --help.')
  const row = await connect(flags, context).client.call('updateSubscription', { params: { id }, body })
  await show(context, flags.json, row, subscriptionFields(row))
}

async function remove(id: string, flags: Flags, context: Context): Promise<void> {
  await connect(flags, context).client.call('deleteSubscription', { params: { id } })
  if (flags.json) await context.output.json({ id, deleted: true })
  else await context.output.line(`${id} is deleted.`)
}

interface RotateFlags extends Flags {
  readonly overlap?: string
  readonly signingSecret?: string
}

async function rotate(id: string, flags: RotateFlags, context: Context): Promise<void> {
  const body = given({ overlap_s: spanOf('--overlap', flags.overlap), signing_secret: flags.signingSecret })
  const made = await connect(flags, context).client.call('rotateSubscriptionSecret', { params: { id }, body })
  await show(context, flags.json, made, [
    ['signing secret', made.signing_secret],
    ...(made.public_key === undefined ? [] : [['public key', made.public_key] as const]),
    ['old one until', made.previous_expires_at],
    [
      'until then',
      made.both_signatures ? 'both sign' : 'only the new one signs: the scheme has room for one',
    ],
  ])
  if (!flags.json) context.output.note('The signing secret is shown this once.')
}

function spanOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const ms = durationMs(text)
  if (ms === null)
    throw usageError(`${option} ${JSON.stringify(text)} must be a span such as 90s, 15m, 12h or 7d.`)
  return Math.round(ms / 1000)
}

async function test(id: string, flags: Flags, context: Context): Promise<void> {
  const { output } = context
  const result = await connect(flags, context).client.call('testSubscription', { params: { id } })
  const status = result.status_code === null ? 'no answer' : `status ${result.status_code}`
  if (flags.json) await output.json(result)
  else {
    const word = result.success ? output.paint('green', 'delivered') : output.paint('red', 'failed')
    await output.line(`${word}: ${status} after ${spanText(result.duration_ms)}`)
    if (result.response_body !== '') await output.line(indented(result.response_body, '| '))
  }
  if (!result.success)
    throw new CliError('failed', `The test event was not delivered: ${result.error ?? status}.`, {
      problem: { code: 'test_failed' },
    })
}

async function toggle(
  which: 'enable' | 'disable',
  id: string,
  flags: Flags,
  context: Context,
): Promise<void> {
  const operation = which === 'enable' ? 'enableSubscription' : 'disableSubscription'
  const row = await connect(flags, context).client.call(operation, { params: { id } })
  if (flags.json) await context.output.json(row)
  else await context.output.line(`${row.id} is ${row.active ? 'active' : 'not active'}.`)
}

import { Command } from 'commander'
import type { Body, Result } from '../../api/contract/contract.ts'
import { addConnectionOptions, type Connection, type ConnectionFlags, connect } from '../connection.ts'
import type { Context } from '../context.ts'
import { CliError } from '../exit.ts'
import { collect, given, past, stateOf } from '../flags.ts'
import { addListOptions, type ListFlags, list } from '../listing.ts'
import { count, Progress } from '../progress.ts'
import { show } from '../show.ts'
import type { Column } from '../text/table.ts'
import { wait } from '../wait.ts'

type Replay = Result<'getReplay'>

interface ReplayFlags extends ConnectionFlags {
  readonly dryRun?: boolean
  readonly since: string
  readonly until?: string
  readonly state?: readonly string[]
  readonly type?: readonly string[]
  readonly wait: boolean
  readonly subscription?: string
  readonly source?: string
}

/** A replay is looked at this often while one waits for it. */
const LOOK_MS = 200

export function replayCommand(context: Context): Command {
  const command = new Command('replay').description('Makes new deliveries for old events.')
  addConnectionOptions(command.command('subscription'))
    .description(
      'Replays what a subscription should have got since a time. Goes on in the server, restarts included.',
    )
    .argument('<SUBSCRIPTION-ID>')
    .requiredOption('--since <TIME>', 'events received at or after: 2h, 7d, 2026-01-31T12:00:00Z')
    .option('--until <TIME>', 'received before (default: now)')
    .option(
      '--state <STATE>',
      'only events whose last delivery to it is dead, delivered …; repeatable',
      collect,
    )
    .option('--type <FILTER>', 'only a type, `user.*`; repeatable', collect)
    .option('--dry-run', 'only tell how many deliveries it would make')
    .option('--no-wait', 'do not wait until it is done')
    .action((id: string, flags: ReplayFlags) => start(id, flags, context))
  addConnectionOptions(command.command('event'))
    .description('Replays one event to all subscriptions that match now, or to one.')
    .argument('<EVENT-ID>')
    .option('--subscription <ID>', 'only to this one')
    .option('--source <SOURCE>', 'where it came from; left out: published over the API')
    .action((id: string, flags: ReplayFlags) => replayEvent(id, flags, context))
  addConnectionOptions(command.command('watch'))
    .description('Waits until a replay is done.')
    .argument('<REPLAY-ID>')
    .action((id: string, flags: ReplayFlags) => watch(id, flags, connect(flags, context), context))
  addConnectionOptions(command.command('show'))
    .description('How far a replay is.')
    .argument('<REPLAY-ID>')
    .action(async (id: string, flags: ReplayFlags) => {
      const replay = await connect(flags, context).client.call('getReplay', { params: { id } })
      await show(context, flags.json, replay, fields(replay))
    })
  addConnectionOptions(command.command('cancel'))
    .description('Stops a replay; the deliveries it has made stay.')
    .argument('<REPLAY-ID>')
    .action(async (id: string, flags: ReplayFlags) => {
      const replay = await connect(flags, context).client.call('cancelReplay', { params: { id } })
      await show(context, flags.json, replay, fields(replay))
    })
  addListOptions(addConnectionOptions(command.command('list')))
    .description('Replays, newest first.')
    .action((flags: ConnectionFlags & ListFlags) => {
      const { client } = connect(flags, context)
      return list((page) => client.call('listReplays', { query: page }), COLUMNS, flags, context)
    })
  return command
}

async function start(id: string, flags: ReplayFlags, context: Context): Promise<void> {
  const connection = connect(flags, context)
  const now = context.clock.now()
  const body = given({
    since: past('--since', flags.since, now),
    until: past('--until', flags.until, now),
    states: flags.state?.map((state) => stateOf(state)),
    event_types: flags.type,
    dry_run: flags.dryRun,
  }) as Body<'replaySubscription'>
  const answer = await connection.client.call('replaySubscription', { params: { id }, body })
  if (!('replay_id' in answer)) {
    if (flags.json) return await context.output.json(answer)
    const least = answer.complete ? '' : 'at least '
    return await context.output.line(`${least}${count(answer.events)} deliveries would be made.`)
  }
  const { replay_id } = answer
  if (flags.wait) return await watch(replay_id, flags, connection, context)
  if (flags.json) await context.output.json({ replay_id })
  else
    await context.output.line(
      `${replay_id} has begun; posthorn replay watch ${replay_id} shows its progress.`,
    )
}

/** Ctrl-C ends the waiting, not the replay. */
async function watch(
  id: string,
  flags: ReplayFlags,
  { client }: Connection,
  context: Context,
): Promise<void> {
  const { output, clock } = context
  const stop = context.signals.listen()
  const progress = new Progress(output, clock, 'replaying')
  for (;;) {
    const replay = await client.call('getReplay', { params: { id } })
    if (replay.state !== 'running') {
      progress.clear()
      return await tellEnd(replay, flags, context)
    }
    progress.update({
      ...{ done: replay.scanned, unit: 'events looked at', share: null },
      more: `${count(replay.created)} deliveries made`,
    })
    await wait(clock, LOOK_MS, stop)
    if (!stop.aborted) continue
    progress.clear()
    throw new CliError(
      'interrupted',
      `The replay goes on in the server: posthorn replay watch ${id}, or cancel ${id}.`,
    )
  }
}

async function tellEnd(replay: Replay, flags: ReplayFlags, { output }: Context): Promise<void> {
  if (flags.json) await output.json(replay)
  else
    await output.line(
      `${replay.id} is ${replay.state}: ${count(replay.scanned)} events looked at, ${count(replay.created)} deliveries made.`,
    )
  if (replay.state !== 'done')
    throw new CliError('failed', `The replay ${replay.id} was cancelled before its end.`)
}

async function replayEvent(id: string, flags: ReplayFlags, context: Context): Promise<void> {
  const body = given({ subscription_id: flags.subscription })
  const query = given({ source: flags.source })
  const made = await connect(flags, context).client.call('replayEvent', { params: { id }, query, body })
  if (flags.json) return await context.output.json(made)
  await context.output.line(`${count(made.deliveries)} new deliveries of ${made.event_id}:`)
  await context.output.lines(made.delivery_ids.map((one) => `  ${one}`))
}

const COLUMNS: ReadonlyArray<Column<Replay>> = [
  { title: 'id', value: ({ id }) => id },
  { title: 'subscription', value: ({ subscription_id }) => subscription_id, least: 12 },
  { title: 'state', value: ({ state }) => state },
  { title: 'since', value: ({ since }) => since },
  { title: 'looked at', value: ({ scanned }) => count(scanned), right: true },
  { title: 'made', value: ({ created }) => count(created), right: true },
]

function fields(replay: Replay): Array<readonly [string, string]> {
  return [
    ['id', replay.id],
    ['subscription', replay.subscription_id],
    ['state', replay.state],
    ['since', replay.since],
    ['until', replay.until],
    ['only states', replay.states?.join(', ') ?? 'all'],
    ['only types', replay.event_types?.join(', ') ?? 'all'],
    ['looked at', `${count(replay.scanned)} events`],
    ['made', `${count(replay.created)} deliveries`],
    ['created', replay.created_at],
    ['finished', replay.finished_at ?? 'not yet'],
  ]
}

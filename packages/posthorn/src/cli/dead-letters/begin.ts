import type { Body } from '../../api/contract/contract.ts'
import type { PosthornClient } from '../../client/client.ts'
import { type ConnectionFlags, connect } from '../connection.ts'
import type { Context } from '../context.ts'
import { usageError } from '../exit.ts'
import { given, past } from '../flags.ts'
import { count } from '../progress.ts'
import { watchBulk } from './watch.ts'

export type BulkAction = Body<'startBulk'>['action']

export interface BulkFlags extends ConnectionFlags {
  readonly subscription?: string
  readonly type?: string
  readonly cause?: string
  readonly since?: string
  readonly until?: string
  readonly yes?: boolean
  readonly wait: boolean
}

/** Looked at to tell how many there are, at most. */
const COUNTED_MAX = 10_000
const IDS_MAX = 1000

/** Begins a bulk over ids or a filter, and waits for its end. */
export async function begin(
  action: BulkAction,
  ids: readonly string[],
  flags: BulkFlags,
  context: Context,
): Promise<void> {
  const { client } = connect(flags, context)
  const filter = filterOf(flags, context)
  if (ids.length > 0 && Object.keys(filter).length > 0) throw usageError('Give ids or filters, not both.')
  if (ids.length > IDS_MAX)
    throw usageError(`${ids.length} ids are too many: at most ${IDS_MAX} at once, or filters.`)
  if (ids.length === 0 && flags.yes !== true) return await refuse(action, filter, client)
  const body = ids.length > 0 ? { action, ids: [...ids] } : { action, filter }
  const started = await client.call('startBulk', { body })
  if (flags.wait) return await watchBulk(started.bulk_id, flags, client, context)
  const { bulk_id, matched } = started
  if (flags.json) await context.output.json(started)
  else
    await context.output.line(
      `${bulk_id} has begun, for ${countedText(matched)}; posthorn dead-letters watch ${bulk_id} shows its progress.`,
    )
}

type Filter = NonNullable<Body<'startBulk'>['filter']>

function filterOf(flags: BulkFlags, { clock }: Context): Filter {
  return given({
    subscription_id: flags.subscription,
    event_type: flags.type,
    cause: flags.cause,
    since: past('--since', flags.since, clock.now()),
    until: past('--until', flags.until, clock.now()),
  })
}

/** Nobody drops ten thousand deliveries by a line that was sent too early. */
async function refuse(
  action: BulkAction,
  { cause, ...filter }: Filter,
  client: PosthornClient,
): Promise<never> {
  let matched = 0
  const query = { ...filter, state: 'dead' as const, limit: 250 }
  for await (const { last_error } of client.each('listDeliveries', { query })) {
    if (cause === undefined || last_error === cause) matched += 1
    if (matched >= COUNTED_MAX) break
  }
  throw usageError(`This would ${action} ${countedText(matched)}. Add --yes to do it.`)
}

function countedText(matched: number): string {
  const more = matched >= COUNTED_MAX ? ' or more' : ''
  return `${count(matched)}${more} ${matched === 1 ? 'dead letter' : 'dead letters'}`
}

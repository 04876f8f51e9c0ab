import type { Result, Row } from '../../api/contract/contract.ts'
import type { PosthornClient } from '../../client/client.ts'
import type { ConnectionFlags } from '../connection.ts'
import type { Context } from '../context.ts'
import { CliError } from '../exit.ts'
import { count, Progress } from '../progress.ts'
import { wait } from '../wait.ts'

type Bulk = Result<'getBulk'>
type Item = Row<'listBulkItems'>

/** A bulk is looked at this often while one waits for it. */
const LOOK_MS = 200
/** So many that were not changed are told one by one. */
const TOLD_MAX = 20
const REASONS: Readonly<Record<Item['result'], string>> = {
  changed: 'changed',
  not_found: 'there is no such delivery',
  state_conflict: 'it was no dead letter any more',
}

/** Ctrl-C ends the waiting, not the bulk. @throws CliError `partly` when some could not be changed */
export async function watchBulk(
  id: string,
  { json }: Pick<ConnectionFlags, 'json'>,
  client: PosthornClient,
  context: Context,
): Promise<void> {
  const { output, clock } = context
  const stop = context.signals.listen()
  const progress = new Progress(output, clock, 'working')
  let bulk: Bulk
  for (;;) {
    bulk = await client.call('getBulk', { params: { id } })
    const { state, done, matched, changed } = bulk
    if (state !== 'running') break
    const share = matched === 0 ? null : Math.min(1, done / matched)
    progress.update({ done, unit: 'dead letters', share, more: `${count(changed)} changed` })
    await wait(clock, LOOK_MS, stop)
    if (!stop.aborted) continue
    progress.clear()
    throw new CliError(
      'interrupted',
      `It goes on in the server: posthorn dead-letters watch ${id}, or cancel ${id}.`,
    )
  }
  progress.clear()
  if (json) await output.json(bulk)
  else await output.line(summary(bulk))
  await tellRefused(bulk, client, context)
}

function summary({ id, state, action, done, changed }: Bulk): string {
  const what = action === 'retry' ? 'are attempted again' : 'are dropped'
  return `${id} is ${state}: ${count(changed)} of ${count(done)} dead letters ${what}.`
}

async function tellRefused(bulk: Bulk, client: PosthornClient, { output }: Context): Promise<void> {
  if (bulk.state === 'cancelled') throw new CliError('failed', `${bulk.id} was cancelled before its end.`)
  const refused = bulk.done - bulk.changed
  if (refused === 0) return
  let told = 0
  for await (const { delivery_id, result } of client.each('listBulkItems', { params: { id: bulk.id } })) {
    if (result === 'changed') continue
    output.note(`${delivery_id}: ${REASONS[result]}`)
    told += 1
    if (told === Math.min(refused, TOLD_MAX)) break
  }
  throw new CliError('partly', `${count(refused)} of ${count(bulk.done)} were not changed.`)
}

export function bulkFields(bulk: Bulk): Array<readonly [string, string]> {
  return [
    ['id', bulk.id],
    ['action', bulk.action],
    ['state', bulk.state],
    ['matched', count(bulk.matched)],
    ['done', count(bulk.done)],
    ['changed', count(bulk.changed)],
    ['begun', bulk.created_at],
    ['finished', bulk.finished_at ?? 'not yet'],
  ]
}

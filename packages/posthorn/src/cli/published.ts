import type { Result } from '../api/contract/contract.ts'
import type { Context } from './context.ts'
import { count } from './progress.ts'

/** Says what came of a publish. */
export async function tellPublished(
  published: Result<'publishEvent'>,
  json: boolean | undefined,
  { output }: Context,
): Promise<void> {
  if (json) return await output.json(published)
  const { event_id, deliveries, duplicate } = published
  const what = duplicate ? 'was published before; nothing new was made' : 'is published'
  await output.line(
    `${event_id} ${what}, ${count(deliveries)} ${deliveries === 1 ? 'delivery' : 'deliveries'}.`,
  )
}

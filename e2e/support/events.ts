/** Publishing byte for byte: the request's text is put together by hand, so that nothing re-writes the data. */
import assert from 'node:assert/strict'
import type { Api } from './api.ts'
import type { Payload } from './payloads.ts'
import type { Published } from './shapes.ts'

export type Way = 'data' | 'data_text' | 'data_base64'

/** The JSON text of one event for `POST /events` and `POST /events/batch`. */
export function eventText({ id, type, text }: Payload, way: Way = 'data'): string {
  const data =
    way === 'data'
      ? `"data":${text}`
      : `"${way}":${JSON.stringify(way === 'data_text' ? text : Buffer.from(text).toString('base64'))},"content_type":"application/json"`
  return `{"event_type":${JSON.stringify(type)},"event_id":${JSON.stringify(id)},${data}}`
}

const BATCH_EVENTS = 500
const BATCH_BYTES = 4 * 1024 * 1024

/** Publishes in batches of at most 500 events and 4 MiB, and insists that each was taken. */
export async function publishAll(api: Api, texts: readonly string[]): Promise<Published[]> {
  const results: Published[] = []
  for (let at = 0; at < texts.length; ) {
    let bytes = 0
    const start = at
    while (at < texts.length && at - start < BATCH_EVENTS) {
      bytes += Buffer.byteLength(texts[at] as string) + 1
      if (bytes > BATCH_BYTES) break
      at += 1
    }
    const body = `{"events":[${texts.slice(start, at).join(',')}]}`
    const answer = await api.post<{ results: Published[] }>('/events/batch', body, 202)
    assert.equal(answer.results.length, at - start)
    for (const [index, result] of answer.results.entries())
      assert.equal(
        typeof result.event_id,
        'string',
        `${texts[start + index]?.slice(0, 200)}: ${JSON.stringify(result)}`,
      )
    results.push(...answer.results)
  }
  return results
}

/** Publishes over the API, each third worker in batches. */
import { LedgerSender, type OutgoingEvent } from './ledger-sender.ts'
import type { ServerProcess } from './server.ts'
import type { Published } from './shapes.ts'

export interface PublisherOptions {
  readonly server: ServerProcess
  readonly eventType: string
  readonly events: readonly OutgoingEvent[]
  readonly atOnce: number
}

const BATCH = 8

export function ledgerPublisher({ server, eventType, events, atOnce }: PublisherOptions): LedgerSender {
  return new LedgerSender({
    events,
    atOnce,
    batchOf: (at) => (at % 3 === 2 ? BATCH : 1),
    send: async (some) => {
      const results = await publish(server, eventType, some)
      for (const [at, { id }] of some.entries())
        if (results !== null && results[at]?.event_id !== id)
          throw new Error(`${id}: ${JSON.stringify(results[at])}`)
      return results !== null
    },
  })
}

/** @returns null when it is not known what became of it */
async function publish(
  server: ServerProcess,
  eventType: string,
  some: readonly OutgoingEvent[],
): Promise<readonly Published[] | null> {
  const texts = some.map(({ id, data }) => `{"event_type":"${eventType}","event_id":"${id}","data":${data}}`)
  const answer = await (texts.length === 1
    ? server.api.call<Published>('POST', '/events', { body: texts[0] })
    : server.api.call<{ results: Published[] }>('POST', '/events/batch', {
        body: `{"events":[${texts.join(',')}]}`,
      })
  ).catch(() => null)
  if (answer === null || answer.status === 503) return null
  if (answer.status !== 202) throw new Error(`${answer.status} ${answer.text}`)
  return 'results' in answer.body ? answer.body.results : [answer.body]
}

import type { Body } from '../../api/contract/contract.ts'
import { type PosthornClient, publishJson } from '../../client/client.ts'
import type { Random } from '../../ports/random.ts'
import type { DemoReceiver, Trouble } from './demo-receiver.ts'
import { DEMO_SOURCE, type DemoSource } from './demo-source.ts'
import type { Narrator } from './narrator.ts'
import { type SampleName, sampleText } from './samples.ts'

export interface TourParts {
  /** Of the demo tenant. */
  readonly client: PosthornClient
  readonly narrator: Narrator
  readonly receiver: DemoReceiver
  readonly source: DemoSource
  readonly random: Random
}

const FLAKY_FAILURES = 2
const FLAKY_RETRIES_S = [0.4, 0.8, 5]
const DOWN_RETRIES_S = [0.3]

/** The story of `posthorn dev`. It only gives the orders; what is told of them is what really happened. */
export class Tour {
  readonly #parts: TourParts
  readonly #run: string
  #ordered = 0
  #isDown = true

  constructor(parts: TourParts) {
    this.#parts = parts
    this.#run = Buffer.from(parts.random.bytes(6)).toString('hex')
  }

  /** Removes the subscriptions of an earlier run, whose receiver is gone, and makes new ones. */
  async prepare(): Promise<void> {
    const { client } = this.#parts
    const old: string[] = []
    for await (const { id, name } of client.each('listSubscriptions'))
      if (name.startsWith('demo ')) old.push(id)
    for (const id of old) await client.call('deleteSubscription', { params: { id } })
    await this.#subscribe('/inbox', { events: ['issues.*', 'pull_request.*', 'push', 'fork', 'user.*'] })
    const failures = new Map<string, number>()
    await this.#subscribe('/flaky', { events: ['release.*'], retry: FLAKY_RETRIES_S }, ({ id = '' }) => {
      const failed = failures.get(id) ?? 0
      failures.set(id, failed + 1)
      return failed < FLAKY_FAILURES ? { status: 503, body: 'busy, come again' } : null
    })
    await this.#subscribe('/down', { events: ['star.*'], retry: DOWN_RETRIES_S }, () =>
      this.#isDown ? { status: 500, body: 'broken until somebody repairs it' } : null,
    )
    await this.#parts.source.prepare()
    await this.#subscribe('/github', { events: ['*'], source: DEMO_SOURCE })
  }

  async run(): Promise<void> {
    const { client, narrator } = this.#parts
    narrator.heading('Publish recorded GitHub events')
    const issue = await this.#publish('issues.opened')
    await this.#delivered(issue)
    for (const name of ['push', 'pull_request.opened'] as const)
      await this.#delivered(await this.#publish(name))

    narrator.heading('Publish the first one again, with the same event id')
    await this.#publish('issues.opened', issue)

    narrator.heading('Deliver it once more by hand: the receiver knows its id')
    const { data } = await client.call('listEventDeliveries', { params: { id: issue } })
    for (const { id } of data) await client.call('retryDelivery', { params: { id } })
    await this.#delivered(issue, 2)

    narrator.heading('Receive a webhook as GitHub signs it, and the same once more')
    const push = `demo-${this.#run}-github`
    for (let time = 0; time < 2; time += 1) await this.#parts.source.send('push', push, sampleText('push'))
    await narrator.until('inbound.received', ({ verdict }) => verdict === 'duplicate')
    await this.#delivered(push)

    narrator.heading('Publish to a target that fails twice')
    await this.#delivered(await this.#publish('release.published'))

    narrator.heading('Publish to a target that is down')
    const star = await this.#publish('star.created')
    await narrator.until('delivery.finished', ({ eventId, state }) => eventId === star && state === 'dead')
    narrator.heading('Repair the target, and retry the dead delivery by hand')
    this.#isDown = false
    const dead = await client.call('listDeliveries', { query: { state: 'dead', event_id: star } })
    for (const { id } of dead.data) {
      narrator.tell('retried', 'star.created', `${id} was dead, and is attempted again`)
      await client.call('retryDelivery', { params: { id } })
    }
    await this.#delivered(star)
  }

  async #subscribe(
    path: string,
    fields: Pick<Body<'createSubscription'>, 'events' | 'retry' | 'source'>,
    trouble?: Trouble,
  ): Promise<void> {
    const { client, receiver, narrator } = this.#parts
    const body = { name: `demo ${path.slice(1)}`, url: receiver.urlOf(path), ...fields }
    const made = await client.call('createSubscription', { body })
    receiver.open(path, made.signing_secret, trouble)
    narrator.tell('subscribed', made.events.join(' '), `${made.id} to ${made.url}`)
  }

  async #publish(name: SampleName, eventId = `demo-${this.#run}-${++this.#ordered}`): Promise<string> {
    const json = publishJson({ event_type: name, event_id: eventId }, sampleText(name))
    const { event_id } = await this.#parts.client.call('publishEvent', { json })
    return event_id
  }

  async #delivered(event: string, times = 1): Promise<void> {
    const fits = ({ eventId, state }: { eventId: string; state: string }) =>
      eventId === event && state === 'delivered'
    await this.#parts.narrator.until('delivery.finished', fits, times)
  }
}

import { createHash } from 'node:crypto'
import { createSigner } from '@posthorn/receiver'
import { PROVIDERS } from '@posthorn/receiver/providers'
import type { PosthornClient } from '../../client/client.ts'
import { PosthornApiError } from '../../client/error.ts'
import type { Clock } from '../../ports/clock.ts'
import { curlText } from '../text/curl.ts'

export const DEMO_SOURCE = 'github'

/** A source for webhooks as GitHub signs them, and the part of GitHub. */
export class DemoSource {
  readonly #client: PosthornClient
  readonly #clock: Clock
  readonly #secret: string
  #url = ''

  /** @param key that of the development folder: a secret made of it is the same at each start, and so are curl lines */
  constructor(client: PosthornClient, key: string, clock: Clock) {
    this.#client = client
    this.#clock = clock
    this.#secret = createHash('sha256').update(`demo source ${key}`).digest('hex').slice(0, 40)
  }

  /** Makes the source, or gives the one of an earlier run its secret again. */
  async prepare(): Promise<void> {
    const fields = { provider: 'github', secrets: [this.#secret] }
    try {
      const made = await this.#client.call('createSource', { body: { slug: DEMO_SOURCE, ...fields } })
      this.#url = made.ingest_url
    } catch (error) {
      if (!(error instanceof PosthornApiError) || error.code !== 'name_taken') throw error
      const params = { id: DEMO_SOURCE }
      this.#url = (await this.#client.call('updateSource', { params, body: fields })).ingest_url
    }
  }

  /** @returns the status that it was answered */
  async send(type: string, id: string, body: string): Promise<number> {
    const headers = await this.#headers(type, id, body)
    const { status } = await fetch(this.#url, { method: 'POST', headers, body })
    return status
  }

  /** A signed request as a line to copy. */
  async curlLine(type: string, id: string, body: string): Promise<string> {
    return curlText({ url: this.#url, headers: await this.#headers(type, id, body), data: body })
  }

  async #headers(type: string, id: string, text: string): Promise<Array<[string, string]>> {
    const signer = createSigner({ scheme: PROVIDERS.github.scheme, secrets: [this.#secret] })
    const timestampMs = this.#clock.now()
    const body = new TextEncoder().encode(text)
    return [
      ['content-type', 'application/json'],
      ['x-github-event', type],
      ['x-github-delivery', id],
      ...(await signer.sign({ id, type, deliveryId: id, timestampMs, body })),
    ]
  }
}

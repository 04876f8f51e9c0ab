/** Publishers of large events that send as fast as their connections let them, and do not wait when they are told to. */
import { Agent, type IncomingMessage, request } from 'node:http'
import { BASE } from '../../support/api.ts'
import type { ServerProcess } from '../../support/server.ts'

const TENANT = 'flood'
const BYTES = 1_000_000
const BODY = JSON.stringify({ event_type: 'flood.large', data: 'x'.repeat(BYTES) })

export interface FloodAnswers {
  readonly stored: number
  /** 429 or 503, with the time after which to come again. */
  readonly refused: number
  /** What is neither. */
  readonly wrong: readonly string[]
}

/** Their tenant has no subscription: what is stored is delivered to nobody. */
export class Flood {
  readonly #url: string
  readonly #key: string
  readonly #agent: Agent
  readonly #running: Array<Promise<void>>
  #ended = false
  #stored = 0
  #refused = 0
  readonly #wrong = new Set<string>()

  private constructor({ url, key }: ServerProcess, connections: number) {
    this.#url = `${url}${BASE}/events`
    this.#key = key
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections })
    this.#running = Array.from({ length: connections }, () => this.#publish())
  }

  static async open(server: ServerProcess, connections: number): Promise<Flood> {
    // Another process may have made it.
    await server.api.call('POST', '/tenants', { body: { slug: TENANT } })
    return new Flood(server, connections)
  }

  /** Resolves when all have had their last answer. */
  async end(): Promise<FloodAnswers> {
    this.#ended = true
    await Promise.all(this.#running)
    this.#agent.destroy()
    return { stored: this.#stored, refused: this.#refused, wrong: [...this.#wrong] }
  }

  async #publish(): Promise<void> {
    while (!this.#ended) {
      try {
        this.#count(await this.#send())
      } catch (error) {
        this.#wrong.add(String(error))
      }
    }
  }

  #count({ statusCode: status = 0, headers }: IncomingMessage): void {
    if (status === 202) this.#stored += 1
    else if ((status === 503 || status === 429) && Number(headers['retry-after']) >= 1) this.#refused += 1
    else this.#wrong.add(`${status}, retry-after ${headers['retry-after']}`)
  }

  #send(): Promise<IncomingMessage> {
    const headers = {
      authorization: `Bearer ${this.#key}`,
      'posthorn-tenant': TENANT,
      'content-type': 'application/json',
      'content-length': BODY.length,
    }
    return new Promise((resolve, reject) => {
      const sent = request(this.#url, { method: 'POST', agent: this.#agent, headers }, (answer) => {
        answer.resume()
        answer.on('end', () => resolve(answer))
        answer.on('error', reject)
      })
      sent.on('error', reject)
      sent.end(BODY)
    })
  }
}

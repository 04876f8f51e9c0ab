import type { ChildProcess } from 'node:child_process'
import { heard, startChild, stopChild } from './children.ts'
import type { LoadOrder, LoadResult } from './processes/load.ts'
import type { WayIn } from './way-in.ts'

/** The load generator, a process of its own: whatever it is pointed at gets the same requests in the same way. */
export class Generator {
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  static async start(): Promise<Generator> {
    const child = startChild('processes/load', [])
    await heard(child)
    return new Generator(child)
  }

  /** @throws Error when an answer was another than expected */
  async run(order: LoadOrder): Promise<LoadResult> {
    const answered = heard<LoadResult>(this.#child)
    this.#child.send(order)
    const result = await answered
    if (result.refused > 0) throw new Error(`${result.refused} of ${order.requests} requests were refused`)
    return result
  }

  /** Webhooks of 1 KiB, signed as GitHub signs them. @param to the paths go round */
  receive(to: WayIn, order: Pick<LoadOrder, 'requests' | 'connections' | 'rate'>): Promise<LoadResult> {
    const rest = { headers: {}, size: 1024, kind: 'inbound', eventTypes: [], expect: [200, 202] } as const
    return this.run({ ...order, ...rest, ...to })
  }

  stop(): Promise<void> {
    return stopChild(this.#child)
  }
}

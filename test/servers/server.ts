/**
 * A server of somebody else's that a test or the benchmark needs. It is looked for in several ways, one after another;
 * where none of them leads to one, the error says of each why not. Nothing is passed over in silence.
 */
export interface Server {
  readonly url: string
  /** Which one it is and how it was come by, for the record of a run. */
  readonly about: string
  /** Ends it and removes its data, if it was started here. */
  stop(): Promise<void>
}

export interface Way {
  /** What is tried: "REDIS_URL", "redis-server on the PATH". */
  readonly name: string
  /** A server, or why there is none this way. */
  find(): Promise<Server | WhyNot>
}

export class WhyNot {
  readonly reason: string

  constructor(reason: string) {
    this.reason = reason
  }
}

/**
 * The first server that one of the ways leads to.
 * @throws Error that names each way and why it does not lead to one
 */
export async function findServer(what: string, ways: readonly Way[]): Promise<Server> {
  const reasons: string[] = []
  for (const way of ways) {
    const found = await way.find().catch((error: unknown) => new WhyNot(String(error)))
    if (!(found instanceof WhyNot)) return found
    reasons.push(`  ${way.name}: ${found.reason.trim()}`)
  }
  throw new Error(`There is no ${what} to be had. What was tried:\n${reasons.join('\n')}`)
}

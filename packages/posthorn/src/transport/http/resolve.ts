import { lookup, Resolver } from 'node:dns/promises'

export interface ResolvedAddress {
  readonly address: string
  readonly family: number
}

/** All addresses of a name. Rejects, or gives none, when there are none. */
export type Resolve = (host: string) => Promise<readonly ResolvedAddress[]>

/** c-ares doubles its waiting with each try: 1.5 s and 3 s stay inside an attempt's usual 10 s. */
const TRIES = { timeout: 1500, tries: 2 }
/** getaddrinfo blocks one of libuv's four threads for as long as a name server likes: leave two to everybody else. */
const LOOKUPS_AT_ONCE = 2

/**
 * Asks the name servers over c-ares, which holds no thread: a customer whose name server never answers costs a socket
 * and not a quarter of the process's thread pool. Only names that DNS does not know go to getaddrinfo, which also
 * reads the hosts file and the search list.
 */
export class SystemResolver {
  readonly #resolver = new Resolver(TRIES)
  readonly #waiting: Array<() => void> = []
  #lookups = 0

  /** @param servers `IP:port` of name servers; default those of the system */
  constructor(servers?: readonly string[]) {
    if (servers) this.#resolver.setServers(servers)
  }

  readonly resolve: Resolve = async (host) => {
    const [ipv4, ipv6] = await Promise.allSettled([
      this.#resolver.resolve4(host),
      this.#resolver.resolve6(host),
    ])
    const found = [...listOf(ipv4, 4), ...listOf(ipv6, 6)]
    return found.length > 0 ? found : await this.#lookUp(host)
  }

  async #lookUp(host: string): Promise<readonly ResolvedAddress[]> {
    if (this.#lookups === LOOKUPS_AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#lookups += 1
    try {
      return await lookup(host, { all: true })
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#lookups -= 1
    }
  }
}

function listOf(answer: PromiseSettledResult<string[]>, family: number): ResolvedAddress[] {
  return answer.status === 'fulfilled' ? answer.value.map((address) => ({ address, family })) : []
}

/** One stream of news for the whole tab, into what the pages show. */
import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { PosthornApiError, type PosthornClient } from 'posthorn/client'
import { useEffect, useRef } from 'react'
import { after } from '../browser/clock.ts'
import { isSeen, onSight } from '../browser/sight.ts'
import { Feed, type Message } from './feed.ts'
import { setLiveState } from './live-state.ts'
import { useSession } from './session.tsx'

const AGAIN_MS = 500
const AGAIN_MAX_MS = 5_000
/** Refused: too many tabs, or a key that may not. Until then pages ask by themselves. */
const REFUSED_MS = 30_000

interface Last {
  id: string | undefined
}

/** Listens while the page is signed in and seen. `topics` as the API has them. */
export function useLive(topics: string): void {
  const { listening } = useSession()
  const queries = useQueryClient()
  const last = useRef<Last>({ id: undefined })
  useEffect(() => {
    const listener = new Listener({ listening, queries, topics, last: last.current })
    void listener.run()
    return () => listener.stop()
  }, [listening, queries, topics])
}

interface ListenerParts {
  readonly listening: (heard: (response: Response) => void) => PosthornClient
  readonly queries: QueryClient
  readonly topics: string
  readonly last: Last
}

class Listener {
  readonly #parts: ListenerParts
  readonly #client: PosthornClient
  readonly #feed: Feed
  readonly #unsight: () => void
  #stopped = false
  /** News may have been missed since the last stream. */
  #gap = false
  #failures = 0
  #stream = new AbortController()
  #wake: () => void = () => undefined

  constructor(parts: ListenerParts) {
    this.#parts = parts
    this.#feed = new Feed(parts.queries)
    this.#client = parts.listening((response) => this.#opened(response))
    this.#unsight = onSight((seen) => (seen ? this.#wake() : this.#stream.abort()))
  }

  async run(): Promise<void> {
    while (!this.#stopped) {
      if (isSeen()) await this.#listen()
      else {
        setLiveState('off')
        this.#gap = true
        await this.#wait(null)
      }
    }
  }

  stop(): void {
    this.#stopped = true
    this.#unsight()
    this.#feed.stop()
    this.#stream.abort()
    this.#wake()
  }

  async #listen(): Promise<void> {
    const { topics, last } = this.#parts
    this.#stream = new AbortController()
    const { signal } = this.#stream
    try {
      const request = { query: { topics }, signal, ...(last.id === undefined ? {} : { lastId: last.id }) }
      for await (const message of this.#client.live(request)) this.#take(message)
      // Ended politely: after its five minutes, or because the server stops, which the next try will tell.
      await this.#wait(AGAIN_MS)
    } catch (error) {
      if (!signal.aborted) await this.#failed(error)
    }
  }

  #take(message: Message): void {
    if (message.id !== '') this.#parts.last.id = message.id
    this.#feed.take(message)
  }

  #opened({ ok, headers }: Response): void {
    if (this.#stopped || !ok) return
    this.#failures = 0
    setLiveState('on')
    // The stream brings the newest rows since the last id; whatever else there was is asked for.
    if (this.#gap) void this.#parts.queries.invalidateQueries()
    // What was answered before the first stream may be old by now.
    else if (this.#parts.last.id === undefined)
      void this.#parts.queries.invalidateQueries({ predicate: ({ state }) => state.data !== undefined })
    this.#gap = false
    // Ids are the server's epoch ms, so that one can go on even before the first message.
    const at = Date.parse(headers.get('date') ?? '')
    if (!Number.isNaN(at)) this.#parts.last.id ??= String(at)
  }

  async #failed(error: unknown): Promise<void> {
    this.#gap = true
    const status = error instanceof PosthornApiError ? error.status : 0
    if (status === 401) {
      // The session has ended: any other question tells it to the page.
      void this.#parts.queries.invalidateQueries()
      await this.#wait(REFUSED_MS)
    } else if (status >= 400 && status < 500) {
      setLiveState('off')
      await this.#wait(REFUSED_MS)
    } else {
      if (!this.#stopped) setLiveState('lost')
      await this.#wait(Math.min(AGAIN_MAX_MS, AGAIN_MS * 2 ** this.#failures))
      this.#failures += 1
    }
  }

  /** @param ms null: until it is woken */
  #wait(ms: number | null): Promise<void> {
    if (this.#stopped) return Promise.resolve()
    return new Promise((resolve) => {
      const cancel = ms === null ? () => undefined : after(ms, resolve)
      this.#wake = () => {
        cancel()
        resolve()
      }
    })
  }
}

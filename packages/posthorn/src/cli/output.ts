import { styleText } from 'node:util'

export type Style = Parameters<typeof styleText>[0]

/** The part of a writable stream that is used. */
export interface TextStream {
  write(text: string, done?: () => void): boolean
  once(event: 'drain' | 'close', listener: () => void): unknown
  removeListener(event: 'drain' | 'close', listener: () => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

export interface OutputStreams {
  readonly stdout: TextStream
  readonly stderr: TextStream
}

/** The streams of this process: the one place of Posthorn that names them, beside the log. */
export function processStreams(): OutputStreams {
  return { stdout: process.stdout, stderr: process.stderr }
}

export type Where = 'stdout' | 'stderr'

/** All that the command line says. Results go to stdout, everything about them to stderr. */
export class Output {
  readonly #streams: OutputStreams
  readonly #colours: Readonly<Record<Where, boolean>>
  readonly #closed = new AbortController()

  /** @param env for NO_COLOR and FORCE_COLOR */
  constructor(streams: OutputStreams, env: Readonly<Record<string, string | undefined>> = {}) {
    this.#streams = streams
    this.#colours = { stdout: coloured(streams.stdout, env), stderr: coloured(streams.stderr, env) }
    // `posthorn events list | head` closes the pipe: that is an end, not an error.
    for (const stream of [streams.stdout, streams.stderr]) stream.on('error', () => this.#closed.abort())
  }

  /** Aborted when whoever reads stdout or stderr has gone away. */
  get closed(): AbortSignal {
    return this.#closed.signal
  }

  /** Columns of the terminal on stdout, or null when there is none. */
  get width(): number | null {
    return this.#streams.stdout.isTTY ? (this.#streams.stdout.columns ?? 80) : null
  }

  isTerminal(where: Where): boolean {
    return this.#streams[where].isTTY === true
  }

  /** Columns of the terminal on stderr, where progress is shown. */
  get noteWidth(): number {
    return this.#streams.stderr.columns ?? 80
  }

  /** A line of the result. Resolves when there is room for more, so that a slow reader holds up a fast writer. */
  async line(text = ''): Promise<void> {
    await this.#write(this.#streams.stdout, `${text}\n`)
  }

  async lines(texts: readonly string[]): Promise<void> {
    if (texts.length > 0) await this.line(texts.join('\n'))
  }

  /** One JSON document, or one row of many: on one line when it goes to a program. */
  async json(value: unknown, row = false): Promise<void> {
    await this.line(JSON.stringify(value, null, row ? undefined : 2))
  }

  /** A line beside the result: for people, on stderr. */
  note(text: string): void {
    if (!this.#closed.signal.aborted) this.#streams.stderr.write(`${text}\n`)
  }

  /** Bytes as they are, without a line's end: progress bars. */
  raw(text: string): void {
    if (!this.#closed.signal.aborted) this.#streams.stderr.write(text)
  }

  paint(style: Style, text: string, where: Where = 'stdout'): string {
    if (!this.#colours[where] || text === '') return text
    return styleText(style, text, { validateStream: false })
  }

  /** Resolves when everything written so far was handed over to the system. */
  async flush(): Promise<void> {
    for (const stream of [this.#streams.stdout, this.#streams.stderr]) {
      if (this.#closed.signal.aborted) return
      await new Promise<void>((resolve) => {
        stream.once('close', resolve)
        stream.write('', () => resolve())
      })
    }
  }

  async #write(stream: TextStream, text: string): Promise<void> {
    if (this.#closed.signal.aborted) return
    if (stream.write(text)) return
    await new Promise<void>((resolve) => {
      const done = () => {
        for (const event of ['drain', 'close'] as const) stream.removeListener(event, done)
        this.#closed.signal.removeEventListener('abort', done)
        resolve()
      }
      stream.once('drain', done)
      stream.once('close', done)
      this.#closed.signal.addEventListener('abort', done)
    })
  }
}

/** https://no-color.org, https://force-color.org */
function coloured(stream: TextStream, env: Readonly<Record<string, string | undefined>>): boolean {
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '' && env.FORCE_COLOR !== '0') return true
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false
  return stream.isTTY === true && env.TERM !== 'dumb'
}

import { Readable } from 'node:stream'
import type { Context } from '../../../src/cli/context.ts'
import { Output, type TextStream } from '../../../src/cli/output.ts'
import { run } from '../../../src/cli/run.ts'
import { type SignalName, StopSignals } from '../../../src/cli/signals.ts'
import type { Clock } from '../../../src/ports/clock.ts'
import { wakefulClock } from '../../../src/system/clock.ts'
import { SystemRandom } from '../../../src/system/random.ts'

/** A stream that keeps what is written to it. */
export class Kept implements TextStream {
  text = ''
  readonly isTTY?: boolean
  readonly columns?: number

  constructor(terminal: { columns: number } | null = null) {
    if (terminal === null) return
    this.isTTY = true
    this.columns = terminal.columns
  }

  write(text: string, done?: () => void): boolean {
    this.text += text
    done?.()
    return true
  }

  once(): void {}
  on(): void {}
  removeListener(): void {}
}

/** A process that gets signals when the test says so. */
export class FakeProcess {
  readonly pid = 4711
  readonly killed: SignalName[] = []
  readonly #listeners = new Map<SignalName, Set<() => void>>()

  on(name: SignalName, listener: () => void): void {
    this.#listeners.set(name, (this.#listeners.get(name) ?? new Set()).add(listener))
  }

  removeListener(name: SignalName, listener: () => void): void {
    this.#listeners.get(name)?.delete(listener)
  }

  kill(_pid: number, name: SignalName): void {
    this.killed.push(name)
  }

  /** @returns whether anybody listened */
  signal(name: SignalName): boolean {
    const listeners = [...(this.#listeners.get(name) ?? [])]
    for (const listener of listeners) listener()
    return listeners.length > 0
  }
}

export interface CliOptions {
  readonly stdin?: string | Uint8Array | Readable
  readonly env?: Readonly<Record<string, string>>
  readonly clock?: Clock
  readonly terminal?: { readonly columns: number }
}

export function makeContext(options: CliOptions = {}) {
  const { stdin = '', env = {}, clock = wakefulClock, terminal = null } = options
  const [stdout, stderr] = [new Kept(terminal), new Kept(terminal)]
  const fakeProcess = new FakeProcess()
  const context: Context = {
    output: new Output({ stdout, stderr }, env),
    env,
    stdin: stdin instanceof Readable ? stdin : Readable.from([Buffer.from(stdin)]),
    clock,
    random: new SystemRandom(),
    signals: new StopSignals(fakeProcess, clock),
  }
  return { context, stdout, stderr, fakeProcess }
}

/** Runs a command line in this process. */
export async function cli(args: readonly string[], options: CliOptions = {}) {
  const { context, stdout, stderr } = makeContext(options)
  const code = await run(args, context)
  return { code, stdout: stdout.text, stderr: stderr.text }
}

/** Of NDJSON. */
export function rowsOf<T = Record<string, unknown>>(text: string): T[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T)
}

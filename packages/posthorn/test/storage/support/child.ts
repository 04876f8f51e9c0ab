import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A program of this folder as a process of its own, line by line. */
export class Child {
  readonly process: ChildProcess
  readonly lines: string[] = []
  readonly #exited: Promise<unknown>
  #errors = ''

  constructor(program: string, ...args: string[]) {
    const path = new URL(`./${program}`, import.meta.url).pathname
    this.process = spawn(process.execPath, [path, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#exited = once(this.process, 'close')
    this.process.stderr?.on('data', (chunk) => {
      this.#errors += String(chunk)
    })
  }

  /** Resolves after so many lines of output; rejects when the process ends before. */
  linesRead(count: number): Promise<void> {
    return this.linesMatching(/^/, count)
  }

  /** … of which so many match. */
  async linesMatching(pattern: RegExp, count: number): Promise<void> {
    const reader = createInterface({ input: this.process.stdout as NodeJS.ReadableStream })
    let found = 0
    await new Promise<void>((resolve, reject) => {
      reader.on('line', (line) => {
        this.lines.push(line)
        if (pattern.test(line)) found += 1
        if (found === count) resolve()
      })
      reader.on('close', () => reject(new Error(`ended after ${this.lines.length} lines: ${this.#errors}`)))
    })
  }

  /** Its exit code, once it has ended by itself. */
  async ended(): Promise<number | null> {
    await this.#exited
    return this.process.exitCode
  }

  async end(): Promise<void> {
    this.process.stdin?.end()
    await this.#exited
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL')
    await this.#exited
  }
}

/** A real server: `posthorn serve` as a child process on a data folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Api } from './api.ts'
import { within } from './until.ts'

const BIN = fileURLToPath(new URL('../../packages/posthorn/bin/posthorn.js', import.meta.url))
const READY = /^posthorn listening on (http:\/\/\S+)$/m
const LOG_CHARS = 20_000
const START_MS = 30_000

export const ADMIN_KEY = 'e2e-admin-key-0123456789abcdef'

/** What lets targets on this machine be called. */
export const LOOPBACK = ['--allow-http', '--allow-network', '127.0.0.0/8'] as const

export interface ServerOptions {
  /** Beside `--port`, `--data-dir` and `--admin-key`; default `LOOPBACK`. */
  readonly flags?: readonly string[]
  /** Default: a new one, removed by `dispose`. */
  readonly dataDir?: string
  /** The program; default: that of this checkout. */
  readonly bin?: string
  /** A command that runs it, such as one that sees another file system. Default: none. */
  readonly within?: readonly string[]
  /** A start that takes longer has failed. Default 30,000. */
  readonly startMs?: number
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

// Whatever happens to a test, its servers go with its process.
const living = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL')
})

/** One run of the program; `ServerProcess` makes a new one at each start. */
export class Run {
  readonly exited: Promise<Exit>
  readonly ready: Promise<string>
  readonly #child: ChildProcess
  #stdout = ''
  #stderr = ''
  #signalled: NodeJS.Signals | null = null

  /** @param bin the program; default: that of this checkout */
  constructor(args: readonly string[], bin: string = BIN, within: readonly string[] = []) {
    const [command, ...all] = [...within, process.execPath, bin, ...args] as [string, ...string[]]
    const child = spawn(command, all, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH ?? '' },
    })
    this.#child = child
    living.add(child)
    this.exited = new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code, signal) => {
        living.delete(child)
        resolve({ code, signal })
      })
    })
    child.stderr?.on('data', (chunk) => {
      this.#stderr = (this.#stderr + chunk).slice(-LOG_CHARS)
    })
    this.ready = new Promise((resolve, reject) => {
      child.stdout?.on('data', (chunk) => {
        this.#stdout = (this.#stdout + chunk).slice(-LOG_CHARS)
        const url = READY.exec(this.#stdout)?.[1]
        if (url !== undefined) resolve(url)
      })
      const over = () => reject(new Error(`the server ended before it was ready:\n${this.#stderr}`))
      this.exited.then(over, reject)
    })
    // Whoever only waits for the exit must not be ended by this one.
    this.ready.catch(() => {})
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get stdout(): string {
    return this.#stdout
  }

  get stderr(): string {
    return this.#stderr
  }

  /** The last signal that was sent to it. */
  get signalled(): NodeJS.Signals | null {
    return this.#signalled
  }

  kill(signal: NodeJS.Signals): void {
    this.#signalled = signal
    this.#child.kill(signal)
  }
}

export class ServerProcess {
  readonly dataDir: string
  readonly key = ADMIN_KEY
  readonly #flags: readonly string[]
  readonly #bin: string
  readonly #within: readonly string[]
  readonly #startMs: number
  readonly #ownFolder: boolean
  #run: Run | null = null
  #url = ''

  constructor(options: ServerOptions = {}) {
    this.#flags = options.flags ?? LOOPBACK
    this.#bin = options.bin ?? BIN
    this.#within = options.within ?? []
    this.#startMs = options.startMs ?? START_MS
    this.#ownFolder = options.dataDir === undefined
    this.dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'posthorn-e2e-'))
  }

  /** `http://127.0.0.1:PORT`; another one after each start. */
  get url(): string {
    return this.#url
  }

  get run(): Run {
    if (this.#run === null) throw new Error('the server was not started')
    return this.#run
  }

  get pid(): number {
    return this.run.pid
  }

  /** Calls with the admin key. */
  get api(): Api {
    return this.apiAs(this.key)
  }

  /** Calls with another key, or with none. Follows the server over restarts. */
  apiAs(key: string | null): Api {
    return new Api(() => this.#url, key)
  }

  /** Begins a run without waiting until it is ready. */
  launch(): Run {
    const flags = ['--port', '0', '--data-dir', this.dataDir, '--admin-key', this.key, ...this.#flags]
    this.#run = new Run(['serve', ...flags], this.#bin, this.#within)
    return this.#run
  }

  async start(): Promise<this> {
    const run = this.launch()
    this.#url = await within(`the ready line of the server:\n${run.stderr}`, run.ready, this.#startMs)
    return this
  }

  /** @returns how the run ended */
  async kill(signal: NodeJS.Signals): Promise<Exit> {
    const { run } = this
    run.kill(signal)
    return await within(`the end of the server after ${signal}`, run.exited, 40_000)
  }

  /** An orderly end and a new start on the same folder. */
  async restart(): Promise<void> {
    const { code } = await this.kill('SIGTERM')
    if (code !== 0) throw new Error(`the server ended with ${code}:\n${this.run.stderr}`)
    await this.start()
  }

  /** Ends what runs and removes the folder. */
  async dispose(): Promise<void> {
    if (this.#run !== null) await this.kill('SIGKILL')
    if (this.#ownFolder) rmSync(this.dataDir, { recursive: true, force: true })
  }
}

export async function startServer(options: ServerOptions = {}): Promise<ServerProcess> {
  const server = new ServerProcess(options)
  try {
    return await server.start()
  } catch (error) {
    await server.dispose()
    throw error
  }
}

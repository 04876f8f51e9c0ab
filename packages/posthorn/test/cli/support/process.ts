import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

export const BIN = fileURLToPath(new URL('../../../bin/posthorn.js', import.meta.url))

/** Compiled code is kept for all processes of the tests, and not in the home of whoever runs them. */
const CACHE = join(tmpdir(), 'posthorn-test-cache')
mkdirSync(CACHE, { recursive: true })

/** A folder that goes away with the test. */
export function tempDir(t: Pick<TestContext, 'after'>): string {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-cli-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

interface Waiter {
  readonly pattern: RegExp
  readonly resolve: (match: RegExpExecArray) => void
  readonly reject: (error: Error) => void
}

/** One output of a process, which one can wait for. */
class Lines {
  text = ''
  #waiters: Waiter[] = []

  constructor(stream: Readable, ended: Promise<unknown>) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      this.text += chunk
      this.#waiters = this.#waiters.filter(({ pattern, resolve }) => {
        const match = pattern.exec(this.text)
        if (match !== null) resolve(match)
        return match === null
      })
    })
    void ended.then(() => {
      for (const { pattern, reject } of this.#waiters)
        reject(new Error(`It ended without ${pattern}. It wrote:\n${this.text}`))
    })
  }

  /** @throws when the process ends before */
  find(pattern: RegExp): Promise<RegExpExecArray> {
    const match = pattern.exec(this.text)
    if (match !== null) return Promise.resolve(match)
    return new Promise((resolve, reject) => this.#waiters.push({ pattern, resolve, reject }))
  }
}

export interface Running {
  readonly child: ChildProcess
  readonly pid: number
  readonly stdout: Lines
  readonly stderr: Lines
  /** How it ended, after its outputs did. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** The interpreter; default that of this test. */
  readonly node?: string
}

/** Starts `posthorn` as a process of its own; it is killed after the test if it still runs. */
export function start(
  t: Pick<TestContext, 'after'>,
  args: readonly string[],
  options: StartOptions = {},
): Running {
  const child = spawn(options.node ?? process.execPath, [BIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '', XDG_CACHE_HOME: CACHE, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  })
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  t.after(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return {
    ...{ child, ended, pid: child.pid ?? -1 },
    stdout: new Lines(child.stdout, ended),
    stderr: new Lines(child.stderr, ended),
  }
}

export const ADMIN_KEY = 'an-admin-key-for-the-tests-0123456789'

export interface ServeProcess extends Running {
  readonly url: string
  /** For commands that shall talk to it. */
  readonly env: Readonly<Record<string, string>>
}

/** `posthorn serve` on any free port, open to loopback. */
export async function serve(
  t: Pick<TestContext, 'after'>,
  dataDir: string,
  more: readonly string[] = [],
): Promise<ServeProcess> {
  const args = [
    'serve',
    '--port',
    '0',
    '--data-dir',
    dataDir,
    '--allow-http',
    '--allow-network',
    '127.0.0.0/8',
  ]
  const running = start(t, [...args, ...more], { env: { POSTHORN_ADMIN_KEY: ADMIN_KEY } })
  const [, url = ''] = await running.stdout.find(/^posthorn listening on (\S+)\n/)
  return { ...running, url, env: { POSTHORN_URL: url, POSTHORN_KEY: ADMIN_KEY } }
}

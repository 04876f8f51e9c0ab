import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTarget, type Target } from '../../../src/testing/target.ts'
import { cli, rowsOf } from './context.ts'
import { type ServeProcess, serve } from './process.ts'

/** Commands over the API, against a server of their own and a target on loopback. */
export class Commands {
  readonly folder: string
  readonly server: ServeProcess
  readonly target: Target
  readonly #ends: ReadonlyArray<() => unknown>

  private constructor(
    folder: string,
    server: ServeProcess,
    target: Target,
    ends: ReadonlyArray<() => unknown>,
  ) {
    this.folder = folder
    this.server = server
    this.target = target
    this.#ends = ends
  }

  static async start(): Promise<Commands> {
    const folder = mkdtempSync(join(tmpdir(), 'posthorn-cli-'))
    const ends: Array<() => unknown> = []
    const target = await startTarget()
    const server = await serve({ after: (run) => void ends.push(run as () => unknown) }, join(folder, 'data'))
    return new Commands(folder, server, target, ends)
  }

  /** Runs one that must succeed. */
  async ok(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await cli(args, { env: this.server.env })
    assert.equal(code, 0, `${args.join(' ')}: ${stderr}`)
    return stdout
  }

  async json<T>(...args: string[]): Promise<T> {
    return JSON.parse(await this.ok(...args, '--json')) as T
  }

  async rows<T>(...args: string[]): Promise<T[]> {
    return rowsOf<T>(await this.ok(...args, '--json'))
  }

  async close(): Promise<void> {
    for (const end of this.#ends) await end()
    await this.target.close()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

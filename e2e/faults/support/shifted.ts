/**
 * The program with a clock of its own that is wrong. In that process `Date` is ahead or behind; what only grows
 * (`performance`, timers) is as it is, as on a machine whose clock is set while it runs. That is as good as the clock of
 * another machine: the program, and the clients of PostgreSQL and Redis in it, learn the time of day from `Date` alone
 * (a house test keeps our part of that), and nothing else of a wrong clock can be seen from without: no TLS and no file
 * times are at play here. The threads of the embedded store do not see it, so it is for processes on PostgreSQL.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, watchFile, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const BIN = fileURLToPath(new URL('../../../packages/posthorn/bin/posthorn.js', import.meta.url))
/** How soon a process follows a change. */
const LOOK_MS = 20

/** How wrong which process is: a folder with a file for each, and one for those that start. */
export class Clocks {
  readonly #folder = mkdtempSync(join(tmpdir(), 'posthorn-clocks-'))
  /** To be started in place of the program. */
  readonly bin = join(this.#folder, 'posthorn.mjs')

  constructor() {
    mkdirSync(this.#folder, { recursive: true })
    this.atStart(0)
    const here = JSON.stringify(import.meta.url)
    const begin = `import { follow } from ${here}\nfollow(${JSON.stringify(this.#folder)})\n`
    writeFileSync(this.bin, `${begin}await import(${JSON.stringify(BIN)})\n`)
  }

  /** Of each process that is started from now on. */
  atStart(aheadMs: number): void {
    writeFileSync(join(this.#folder, 'start'), String(aheadMs))
  }

  /** Of one that runs. Resolves at once; it follows within a moment. */
  set(pid: number, aheadMs: number): void {
    writeFileSync(join(this.#folder, String(pid)), String(aheadMs))
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** In the process itself, before anything of the program is loaded. */
export function follow(folder: string): void {
  const read = (name: string) => Number(readFileSync(join(folder, name), 'utf8'))
  let aheadMs = read('start')
  const own = String(process.pid)
  watchFile(join(folder, own), { interval: LOOK_MS, persistent: false }, ({ size }) => {
    // 0: it is being written, or it is not there.
    if (size > 0) aheadMs = read(own)
  })
  const RealDate = Date
  const now = () => RealDate.now() + aheadMs
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, given, as) => Reflect.construct(target, given.length === 0 ? [now()] : given, as),
    apply: () => new RealDate(now()).toString(),
    get: (target, key, as) => (key === 'now' ? now : Reflect.get(target, key, as)),
  })
}

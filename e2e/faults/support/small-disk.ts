/**
 * A file system of a few MiB that is really full when it is full: a tmpfs in a mount namespace of its own, which is gone
 * with the process that holds it. Root may mount one; anybody else where the kernel lets users have namespaces.
 */
import { chmod, mkdtemp, open, rm, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Running, startProgram, type User } from '../../../test/servers/child.ts'
import { WhyNot } from '../../../test/servers/server.ts'

const CHUNK = Buffer.alloc(64 * 1024)

export class SmallDisk {
  /** As those see it that are run by `within`. */
  readonly inside: string
  /** As this process, and others of the user who holds it, see it. SQLite follows the link in it, and ends up outside. */
  readonly outside: string
  /** What to put before a command so that it sees the disk. */
  readonly within: readonly string[]
  readonly #holder: Running

  private constructor(inside: string, holder: Running, isRoot: boolean) {
    this.inside = inside
    this.outside = `/proc/${holder.pid}/root${inside}`
    const user = isRoot ? [] : ['--user', '--preserve-credentials']
    this.within = ['nsenter', '--target', String(holder.pid), '--mount', ...user, '--']
    this.#holder = holder
  }

  /**
   * @param as who holds it; others must be root to look at it from outside
   * @throws Error that says why there is none
   */
  static async open(mib: number, as: User = {}): Promise<SmallDisk> {
    const inside = await mkdtemp(join(tmpdir(), 'posthorn-disk-'))
    await chmod(inside, 0o755)
    const isRoot = process.getuid?.() === 0
    const drop = as.uid === undefined ? '' : `setpriv --reuid ${as.uid} --regid ${as.gid} --clear-groups`
    const script = `mount -t tmpfs -o size=${mib}m,mode=0777 tmpfs "$0" && echo mounted && exec ${drop} sleep infinity`
    const namespace = isRoot ? [] : ['--user', '--map-root-user']
    const how = [...namespace, '--mount', '--propagation', 'private', '--', 'sh', '-c', script, inside]
    const holder = await startProgram('unshare', how, /mounted/)
    if (!(holder instanceof WhyNot)) return new SmallDisk(inside, holder, isRoot)
    await rmdir(inside)
    throw new Error(
      `A disk that can be full needs root, or a Linux that lets users have namespaces: ${holder.reason}`,
    )
  }

  /** @param leave bytes that stay free, about @returns bytes that were taken */
  async fill(leave = 0): Promise<number> {
    const filler = await open(this.#filler, 'a')
    let taken = 0
    try {
      for (;;) taken += (await filler.write(CHUNK)).bytesWritten
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
    const { size } = await filler.stat()
    await filler.truncate(Math.max(0, size - leave))
    await filler.close()
    return taken - leave
  }

  async makeRoom(): Promise<void> {
    await rm(this.#filler, { force: true })
  }

  async dispose(): Promise<void> {
    await this.#holder.stop('SIGKILL')
    await rmdir(this.inside)
  }

  get #filler(): string {
    return join(this.outside, 'filler')
  }
}

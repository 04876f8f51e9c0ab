/** Programs of others as child processes: ended by their own process id, and never left behind. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { WhyNot } from './server.ts'

const SHOWN_CHARS = 2000

// Whatever happens to this process, they go with it.
const living = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL')
})

/** Whom a program runs as, where that is not the user of this process; only root can say so. */
export interface User {
  readonly uid?: number
  readonly gid?: number
}

export interface Running {
  readonly pid: number
  /** SIGTERM, unless another one is named; resolves when it has ended. */
  stop(signal?: NodeJS.Signals): Promise<void>
}

/** Resolves when the program has printed what `ready` looks for; why not, when it ends or cannot be begun. */
export async function startProgram(
  command: string,
  args: readonly string[],
  ready: RegExp,
  as: User & { readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Running | WhyNot> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...as })
  let printed = ''
  const { promise, resolve } = Promise.withResolvers<Running | WhyNot>()
  const ended = new Promise<void>((end) => {
    child.on('close', (code, signal) => {
      living.delete(child)
      resolve(new WhyNot(`it ended with ${code ?? signal}: ${printed.slice(-SHOWN_CHARS)}`))
      end()
    })
  })
  child.on('error', (error) => resolve(new WhyNot(error.message)))
  child.on('spawn', () => living.add(child))
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      printed = (printed + chunk).slice(-10 * SHOWN_CHARS)
      if (!ready.test(printed)) return
      resolve({
        pid: child.pid ?? 0,
        stop: (how = 'SIGTERM') => {
          child.kill(how)
          return ended
        },
      })
    })
  return promise
}

/** @returns what it printed; why not, when it is not there or fails */
export function runProgram(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
  as: User = {},
): string | WhyNot {
  const done = spawnSync(command, args, { encoding: 'utf8', env, timeout: 300_000, ...as })
  if (done.error) return new WhyNot(done.error.message)
  if (done.status === 0) return done.stdout
  const [line = `it ended with ${done.status ?? done.signal}`] = done.stderr.trim().split('\n').slice(-1)
  return new WhyNot(line)
}

/** A port of the loopback that nobody has at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return address.port
}

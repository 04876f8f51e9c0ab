/** Processes of the benchmark, and talking to them. They end when their channel to this one closes. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

/** @param path from this folder, without its ending */
export function startChild(path: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  return fork(new URL(`./${path}.ts`, import.meta.url), args, { env: { ...process.env, ...env } })
}

/** The next message; an error when the child ends without one. */
export async function heard<T>(child: ChildProcess): Promise<T> {
  const given = new AbortController()
  const message = once(child, 'message', { signal: given.signal })
  const exit = once(child, 'exit', { signal: given.signal }).then(([code, signal]) => {
    throw new Error(`a process of the benchmark ended with ${code ?? signal} instead of an answer`)
  })
  try {
    const [said] = (await Promise.race([message, exit])) as [T]
    return said
  } finally {
    given.abort()
    await Promise.allSettled([message, exit])
  }
}

export async function asked<T>(child: ChildProcess, ask: string): Promise<T> {
  const answer = heard<T>(child)
  child.send({ ask })
  return answer
}

export async function stopChild(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.disconnect()
  await exited
}

/** What the processes of a world say of themselves. */
import assert from 'node:assert/strict'
import type { ServerProcess } from '../../support/server.ts'
import type { World } from './world.ts'

export async function isReady({ url }: Pick<ServerProcess, 'url'>): Promise<boolean> {
  const { status } = await fetch(`${url}/readyz`)
  assert.ok(status === 200 || status === 503, String(status))
  return status === 200
}

/** Whether all of them are, or none is. */
export async function allReady({ processes }: World, wanted: boolean): Promise<boolean> {
  return (await Promise.all(processes.map(isReady))).every((ready) => ready === wanted)
}

/** Whether none has ended. */
export async function alive({ processes }: World): Promise<boolean> {
  const ended = processes.map(({ run }) => run.exited.then(() => false))
  return Promise.race([...ended, new Promise<boolean>((resolve) => setImmediate(() => resolve(true)))])
}

/** A publish is refused for now, and says when to come again. */
export async function refusedWith503({ apis }: World): Promise<void> {
  for (const { api } of apis) {
    const { status, headers, text } = await api.call('POST', '/events', {
      body: { event_type: 'refused.now', data: 'x'.repeat(20_000) },
    })
    assert.equal(status, 503, text)
    assert.ok(Number(headers.get('retry-after')) > 0, 'there is no Retry-After')
  }
}

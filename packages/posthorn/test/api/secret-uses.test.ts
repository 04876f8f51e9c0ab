/** Which secret of a source still verifies requests: what must be known before the old one is taken away. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import type { Store } from '../../src/ports/store.ts'
import { type Desk, openDesk } from './support/console.ts'

const MINUTE = 60_000
const [OLD, NEW] = ['the old secret of the shop', 'the new secret of the shop']

interface Shown {
  readonly id: string
  readonly secrets: ReadonlyArray<{ readonly created_at: string; readonly last_used_at: string | null }>
}

interface Served {
  readonly desk: Desk
  readonly url: string
}

/** As GitHub sends. @returns the status */
async function send({ desk, url }: Served, id: string, secret: string, delivery: string): Promise<number> {
  const payload = '{"action":"opened"}'
  const signature = `sha256=${createHmac('sha256', secret).update(payload).digest('hex')}`
  const response = await fetch(`${url}/in/${id}`, {
    method: 'POST',
    headers: {
      ...{ 'content-type': 'application/json', 'x-github-event': 'issues' },
      ...{ 'x-github-delivery': delivery, 'x-hub-signature-256': signature },
    },
    body: payload,
  })
  await response.text()
  await desk.clock.settle()
  return response.status
}

const lastUses = ({ secrets }: Shown) => secrets.map(({ last_used_at }) => last_used_at)

/** How often uses are written. */
function countWrites(store: Store): () => number {
  const noteUses = store.requests.noteUses.bind(store.requests)
  let writes = 0
  Object.assign(store.requests, {
    noteUses: (...of: Parameters<typeof noteUses>) => {
      writes += 1
      return noteUses(...of)
    },
  })
  return () => writes
}

test('each secret of a source tells when it has last verified a request, written once a minute at most', async (t) => {
  const desk = await openDesk(t)
  const writes = countWrites(desk.store)
  await desk.instance.engine.start()
  const { url } = await desk.server.listen({ host: '127.0.0.1', port: 0 })
  const served = { desk, url }
  t.after(async () => {
    const closed = desk.server.close()
    await desk.clock.advance(500)
    await closed
  })
  const input = { slug: 'github', provider: 'github', secrets: [NEW, OLD] }
  const made = (await desk.keyed('POST', '/sources', input)).json<Shown>()
  assert.deepEqual(lastUses(made), [null, null])
  const first = new Date(desk.clock.now()).toISOString()
  assert.equal(await send(served, made.id, OLD, 'one'), 200)
  assert.equal(await send(served, made.id, 'neither of them', 'two'), 401)
  const shown = async () => (await desk.keyed('GET', `/sources/${made.id}`)).json<Shown>()
  assert.deepEqual(lastUses(await shown()), [null, first])
  await desk.clock.advance(MINUTE - 1)
  for (const delivery of ['three', 'four']) await send(served, made.id, OLD, delivery)
  assert.equal(writes(), 1)
  assert.deepEqual(lastUses(await shown()), [null, first])
  await desk.clock.advance(1)
  const second = new Date(desk.clock.now()).toISOString()
  await send(served, made.id, OLD, 'five')
  await send(served, made.id, NEW, 'six')
  assert.deepEqual(lastUses(await shown()), [second, second])
  const listed = (await desk.keyed('GET', '/sources')).json<{ data: Shown[] }>()
  assert.deepEqual(listed.data.map(lastUses), [[second, second]])
  // Of a secret that stays it stays, of one that is taken away it is forgotten.
  await desk.keyed('PATCH', `/sources/${made.id}`, { secrets: [NEW] })
  assert.deepEqual(lastUses(await shown()), [second])
  const { tenantId } = await desk.instance.engine.sources.get((await defaultTenant(desk)).id, made.id)
  assert.equal((await desk.store.requests.uses(tenantId, [made.id as 'src_'])).length, 1)
  await desk.keyed('DELETE', `/sources/${made.id}`)
  assert.deepEqual(await desk.store.requests.uses(tenantId, [made.id as 'src_']), [])
})

async function defaultTenant(desk: Desk) {
  return await desk.instance.engine.tenants.get('default')
}

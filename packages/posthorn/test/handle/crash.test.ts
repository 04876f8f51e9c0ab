/**
 * `kill -9` inside a handler. With `ctx.transaction` its effect is there exactly once, whenever the kill comes; without
 * it the handler is called again with the same event. A real process, a real file; the child says where it stands.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HandlerFunction } from '../../src/index.ts'
import { Recorder } from '../../src/testing/recorder.ts'
import { Child } from '../storage/support/child.ts'
import { newFolder } from '../storage/support/folder.ts'
import { book, openBookings } from './support/bookings.ts'

const PROGRAM = '../../handle/support/crashing.ts'

/** Kills a process at a point, and opens its folder as the next start of the application does. */
async function killedAt(point: string, where: string, run: HandlerFunction) {
  const folder = newFolder()
  const child = new Child(PROGRAM, folder, where, point)
  await child.linesRead(2)
  await child.kill()
  const recorder = new Recorder()
  const app = await openBookings(folder, run, { telemetry: recorder, storeThread: where === 'thread' })
  const tenant = await app.posthorn.use.tenants.get('default')
  const deliveries = async () => {
    const filter = { state: null, targetId: null, eventId: null, eventType: null, since: null, until: null }
    const { items } = await app.posthorn.use.deliveries.list(tenant.id, filter, { limit: 9, cursor: null })
    return items.map(({ eventId, state, attempts }) => [eventId, state, attempts]).sort()
  }
  const finished = (id: string) => recorder.next('delivery.finished', ({ eventId }) => eventId === id)
  const said = child.lines.toSorted()
  return { ...app, said, deliveries, finished, [Symbol.asyncDispose]: () => app.posthorn.stop() }
}

for (const where of ['same', 'thread']) {
  test(`killed between the writes and the commit: the effect is there exactly once (${where})`, async () => {
    await using app = await killedAt('before the commit', where, book)
    assert.deepEqual(app.said, ['answered 200', 'booked 1'])
    await app.finished('evt_1')
    assert.deepEqual(await app.booked(), [{ event_id: 'evt_1', attempt: 1 }])
    assert.deepEqual(await app.deliveries(), [['evt_1', 'delivered', 1]])
  })

  test(`killed between the commit and the handler's end: once, and not repeated (${where})`, async () => {
    const calls: string[] = []
    await using app = await killedAt('after the commit', where, (event, ctx) => {
      calls.push(event.id)
      return book(event, ctx)
    })
    assert.deepEqual(app.said, ['answered 200', 'committed'])
    assert.deepEqual(await app.deliveries(), [['evt_1', 'delivered', 1]])
    assert.equal(await app.send('evt_1'), 200, 'its id is known')
    await app.send('evt_2')
    await app.finished('evt_2')
    assert.deepEqual(calls, ['evt_2'])
    assert.deepEqual(await app.booked(), [
      { event_id: 'evt_1', attempt: 1 },
      { event_id: 'evt_2', attempt: 1 },
    ])
  })
}

test('killed in a handler without a transaction: it is called again with the same event, at least once', async () => {
  const calls: unknown[] = []
  await using app = await killedAt('without a transaction', 'thread', ({ id }, { attempt }) => {
    calls.push([id, attempt])
  })
  assert.deepEqual(app.said, ['answered 200', 'effect of evt_1 attempt 1'])
  await app.finished('evt_1')
  assert.deepEqual(
    calls,
    [['evt_1', 1]],
    'the attempt that was cut off is not on record, so it has the same number',
  )
  assert.deepEqual(await app.deliveries(), [['evt_1', 'delivered', 1]])
})

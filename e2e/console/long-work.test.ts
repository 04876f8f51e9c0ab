/** What runs on the server for a while: it goes on behind a reload, and can be cancelled in the middle. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { until } from '../support/until.ts'
import { holdAt } from './support/held.ts'
import { type Stage, setStage } from './support/stage.ts'

interface Made {
  readonly id: string
}

let stage: Stage
before(async () => {
  stage = await setStage()
})
after(() => stage?.close())

/** A subscription and so many events of its own, each with one attempt. */
async function subscribe(name: string, count: number): Promise<string> {
  const { api } = stage.server
  const { id } = await api.post<Made>(
    '/subscriptions',
    { name, url: stage.target.url, events: [`${name}.*`], retry: [] },
    201,
  )
  const events = Array.from({ length: count }, (_, at) => ({ event_type: `${name}.made`, data: at }))
  for (let at = 0; at < count; at += 500)
    await api.post('/events/batch', { events: events.slice(at, at + 500) }, 202)
  await until('none is pending', async () => {
    const path = `/deliveries?state=pending&subscription_id=${id}&limit=1`
    return (await api.get<{ data: unknown[] }>(path)).data.length === 0
  })
  return id
}

test('a replay is in its middle: a reload shows the same bar; cancelled, it makes no more', async () => {
  const id = await subscribe('old', 700)
  const visitor = await stage.visit()
  const page = await visitor.open(`/subscriptions/${id}`)
  const goOn = holdAt(stage.server.dataDir, 'replays', 'scanned', 500)
  await visitor.press('Replay')
  await visitor.sees('This replays 700 events.')
  await visitor.press('Begin')
  const bar = page.getByRole('progressbar', { name: 'Replay' })
  const share = async () => (await bar.getAttribute('aria-valuenow')) === '71'
  await until('500 of 700', share)
  await visitor.sees('500 of 700')
  await page.reload()
  await until('the same after a reload', share)
  await visitor.press('Cancel')
  await page.locator('.badge', { hasText: 'cancelled' }).waitFor()
  goOn()
  const [replay] = await stage.server.api.all<{ state: string; created: number }>('/replays')
  assert.deepEqual([replay?.state, replay?.created], ['cancelled', 500])
  await page.reload()
  await visitor.sees('500 new deliveries made.')
  assert.equal(await page.getByRole('button', { name: 'Cancel', exact: true }).count(), 0)
  await visitor.leave()
})

test('a retry of many is in its middle: a reload shows the same; cancelled, the rest stays dead', async () => {
  stage.target.answer({ status: 500 })
  const id = await subscribe('part', 70)
  stage.target.answer({})
  const visitor = await stage.visit()
  const page = await visitor.open('/dead-letters')
  const goOn = holdAt(stage.server.dataDir, 'bulks', 'done', 50)
  await visitor.press('Retry 70')
  const bar = page.getByRole('progressbar', { name: 'retry of dead letters' })
  const share = async () => (await bar.getAttribute('aria-valuenow')) === '71'
  await until('50 of 70', share)
  await page.reload()
  await until('the same after a reload', share)
  await visitor.sees('50 of 70 attempted again.')
  await page.getByRole('region', { name: 'Retry of many' }).getByRole('button', { name: 'Cancel' }).click()
  await page.locator('.badge', { hasText: 'cancelled' }).waitFor()
  goOn()
  await until('what was begun is done', async () => {
    const counts = new Map<string, number>()
    for (const { state } of await stage.server.api.all<{ state: string }>(
      `/deliveries?subscription_id=${id}`,
    ))
      counts.set(state, (counts.get(state) ?? 0) + 1)
    return counts.get('delivered') === 50 && counts.get('dead') === 20
  })
  await visitor.sees('20 dead letters to part')
  await visitor.leave()
})

/** The portal as a page of its own: news come by themselves, whose it is, and texts of strangers on each page. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { until } from '../support/until.ts'
import { portalLink } from './support/portal.ts'
import { type Stage, setStage } from './support/stage.ts'
import { Visitor } from './support/visitor.ts'

const SCRIPT = '<script>alert(1)</script><img src=x onerror=alert(2)>'
const RTL = '\u202egnp.exe\u2066'

let stage: Stage
before(async () => {
  stage = await setStage()
  await stage.server.api.post('/tenants', { slug: 'acme', name: `Acme ${RTL}` }, 201)
})
after(() => stage?.close())

const acme = () => stage.server.api.forTenant('acme')
const publish = (event_type: string, data: unknown) =>
  acme().post<{ event_id: string }>('/events', { event_type, data }, 202)

async function enter(): Promise<Visitor> {
  const visitor = await Visitor.at(stage.browser, stage.server.url)
  await visitor.page.goto(await portalLink(stage.server.api, { tenant: 'acme', scope: 'manage' }))
  await visitor.page.getByRole('heading', { name: 'Subscriptions', exact: true }).waitFor()
  return visitor
}

test('in the portal events and deliveries come by themselves; the tab bears the name of the tenant', async () => {
  const { id } = await acme().post<{ id: string }>(
    '/subscriptions',
    { name: 'Warehouse', url: stage.target.url, events: ['order.*'] },
    201,
  )
  const visitor = await enter()
  const { page } = visitor
  assert.equal(await page.title(), 'Subscriptions · Acme \\u202egnp.exe\\u2066')
  const listening = page.waitForResponse((response) => response.url().includes('/live'))
  await visitor.open('/portal/events')
  assert.equal((await listening).status(), 200)
  await visitor.sees('No events yet')
  const asked: string[] = []
  page.on('request', (request) => asked.push(new URL(request.url()).pathname))
  await publish('order.made', 1)
  await page.getByRole('link', { name: 'order.made' }).waitFor()
  assert.deepEqual(
    asked.filter((path) => path.endsWith('/events')),
    [],
  )
  await page.getByRole('navigation').getByRole('link', { name: 'Subscriptions' }).click()
  await page.getByRole('link', { name: 'Warehouse' }).click()
  const rows = page.getByRole('table', { name: 'Deliveries' })
  await rows.getByRole('link', { name: 'order.made' }).waitFor()
  asked.length = 0
  await publish('order.sent', 2)
  await rows.getByRole('row').filter({ hasText: 'order.sent' }).getByText('delivered').waitFor()
  assert.deepEqual(
    asked.filter((path) => path.endsWith(`/${id}/deliveries`)),
    [],
  )
  // Another tenant's news are not theirs.
  await stage.server.api.post('/events', { event_type: 'order.of_others', data: 1 }, 202)
  await publish('order.last', 3)
  await page.getByRole('navigation').getByRole('link', { name: 'Events' }).click()
  await page.getByRole('link', { name: 'order.last' }).waitFor()
  assert.equal(await page.getByText('order.of_others').count(), 0)
  await acme().call('DELETE', `/subscriptions/${id}`, { status: 204 })
  await visitor.leave()
})

test('texts of strangers are text on every page of the portal', async () => {
  stage.target.answer({ status: 500, headers: { 'content-type': 'text/html' }, body: `${SCRIPT}${RTL}` })
  const { id } = await acme().post<{ id: string }>(
    '/subscriptions',
    { name: `${SCRIPT}${RTL}`, url: stage.target.url, events: ['hostile.*'], retry: [], description: SCRIPT },
    201,
  )
  await acme().post('/event-types', { name: 'hostile.script', description: SCRIPT, examples: [SCRIPT] }, 201)
  const keys = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`${SCRIPT}${at}`, RTL]))
  const ids: string[] = []
  for (const data of [{ [SCRIPT]: SCRIPT, [RTL]: RTL }, 'x'.repeat(1024 * 1024 - 200), keys])
    ids.push((await publish('hostile.script', data)).event_id)
  await until('all are dead', async () => (await acme().all('/deliveries?state=dead')).length === ids.length)
  const [delivery] = await acme().all<{ id: string }>('/deliveries')
  const visitor = await enter()
  const { page } = visitor
  for (const path of [
    ...['subscriptions', `subscriptions/${id}`, `subscriptions/${id}/edit`, 'events', 'deliveries'],
    ...['dead-letters', 'event-types', 'event-types/hostile.script', `deliveries/${delivery?.id}`],
  ]) {
    await visitor.open(`/portal/${path}`)
    await visitor.settled()
    await page
      .locator('main')
      .getByText(/<script>|hostile/)
      .filter({ visible: true })
      .first()
      .waitFor()
    assert.equal(await page.locator('img[src="x"], main script').count(), 0, path)
    const raw = await page.locator('main').textContent()
    assert.ok(!/[\u202e\u2066]/.test(raw ?? ''), `${path} has marks of direction`)
  }
  for (const event of ids) {
    await visitor.open(`/portal/events/${encodeURIComponent(event)}`)
    await page.getByText('Attempt 1').click()
    await page.locator('.code', { hasText: 'Answer' }).getByText('onerror=alert(2)').waitFor()
    assert.equal(await page.locator('img[src="x"], main script').count(), 0)
  }
  stage.target.answer({})
  await visitor.leave()
})

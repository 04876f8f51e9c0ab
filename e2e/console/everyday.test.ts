/** What one does now and then: an event to one subscription again, a look at the figures, a tenant renamed and deleted. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { until } from '../support/until.ts'
import { type Stage, setStage } from './support/stage.ts'

let stage: Stage
before(async () => {
  stage = await setStage()
})
after(() => stage?.close())

const subscribe = (name: string, path: string) =>
  stage.server.api.post<{ id: string }>(
    '/subscriptions',
    { name, url: stage.target.url + path, events: ['order.*'], retry: [] },
    201,
  )

test('an event goes to one subscription again, and to no other; figures and takers stand at their pages', async () => {
  const { api } = stage.server
  stage.target.answer(({ path }) => (path.endsWith('second') ? { status: 500 } : {}))
  const first = await subscribe('First', 'first')
  const second = await subscribe('Second', 'second')
  await api.post('/event-types', { name: 'order.made', description: 'Somebody has bought.' }, 201)
  const { event_id } = await api.post<{ event_id: string }>(
    '/events',
    { event_type: 'order.made', data: 1 },
    202,
  )
  const states = async (id: string) =>
    (await api.all<{ state: string }>(`/deliveries?subscription_id=${id}`)).map(({ state }) => state)
  const are = async (id: string, wanted: string) => (await states(id)).join() === wanted
  await until('one arrived', () => are(first.id, 'delivered'))
  await until('one died', () => are(second.id, 'dead'))

  const visitor = await stage.visit()
  const page = await visitor.open(`/events/${event_id}`)
  await visitor.press('Replay')
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('To').selectOption({ label: 'Second' })
  await dialog.getByRole('button', { name: 'Replay' }).click()
  await visitor.sees('1 new delivery made.')
  await until('it was tried again', () => are(second.id, 'dead,dead'))
  assert.deepEqual(await states(first.id), ['delivered'])

  await visitor.open(`/subscriptions/${second.id}`)
  const figure = (name: string) => page.locator('.stat', { hasText: name }).locator('dd')
  await until('two failed', async () => (await figure('Failed').textContent()) === '2')
  await page.getByRole('button', { name: '30 days' }).click()
  assert.equal(await page.getByRole('button', { name: '30 days' }).getAttribute('aria-pressed'), 'true')
  await until('in 30 days, too', async () => (await figure('Attempts').textContent()) === '2')
  assert.equal(await figure('Success').textContent(), '0 %')

  await visitor.open('/event-types/order.made')
  await page.getByRole('link', { name: 'First' }).waitFor()
  await page.getByRole('link', { name: 'Second' }).click()
  await page.getByRole('heading', { name: 'Second' }).waitFor()
  stage.target.answer({})
  await visitor.leave()
})

test('a tenant is renamed; not deleted while it has a subscription; deleted, one is back at the first tenant', async () => {
  const { api } = stage.server
  await api.post('/tenants', { slug: 'acme', name: 'Acme' }, 201)
  const input = { name: 'Shop', url: stage.target.url, events: ['*'] }
  const { id } = await api.forTenant('acme').post<{ id: string }>('/subscriptions', input, 201)
  const visitor = await stage.visit({ expected: [/DELETE \S+\/tenants\/\S+ 409$/] })
  const page = await visitor.open('/tenants')
  await page.getByRole('button', { name: 'Tenant: acme' }).waitFor()
  const dialog = page.getByRole('dialog')
  const more = async (entry: string) => {
    await page.getByRole('button', { name: 'More on acme' }).click()
    await page.getByRole('menuitem', { name: entry }).click()
  }
  await more('Rename')
  await dialog.getByLabel('Name').fill('Acme & Söhne')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('table').getByRole('button', { name: 'Acme & Söhne' }).waitFor()
  await more('Delete')
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await visitor.sees(/subscription/)
  await dialog.getByRole('button', { name: 'Keep it' }).click()
  await api.forTenant('acme').call('DELETE', `/subscriptions/${id}`, { status: 204 })
  await more('Delete')
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('button', { name: 'More on acme' }).waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Tenant: default' }).waitFor()
  await visitor.leave()
})

test('times are the reader’s, with the exact instant at hand; an empty page says what to do, with a command', async () => {
  const { api } = stage.server
  await api.post('/tenants', { slug: 'new', name: 'New' }, 201)
  const { event_id } = await api
    .forTenant('default')
    .post<{ event_id: string }>('/events', { event_type: 'time.told', data: 1 }, 202)
  const { received_at } = await api.get<{ received_at: string }>(`/events/${event_id}`)
  const visitor = await stage.visit({ timezoneId: 'Asia/Tokyo', locale: 'en-GB' })
  const page = await visitor.open('/events')
  await page.getByRole('button', { name: /^Tenant: / }).click()
  await page.getByRole('menuitem', { name: 'New (new)' }).click()
  await visitor.sees('No events yet')
  const command = (await page.locator('.empty pre').textContent()) ?? ''
  assert.match(command, /^curl .*\$POSTHORN_KEY/)
  assert.ok(command.includes(`${stage.server.url}/api/v1/webhooks/events`), command)
  await page.getByRole('button', { name: 'Tenant: new' }).click()
  await page.getByRole('menuitem', { name: 'default' }).click()
  await visitor.open(`/events/${event_id}`)
  const time = page.locator(`time[datetime="${received_at}"]`).first()
  const tokyo = new Intl.DateTimeFormat('en-GB', { timeZone: 'Asia/Tokyo', timeStyle: 'medium' })
  assert.ok((await time.textContent())?.includes(tokyo.format(Date.parse(received_at))))
  assert.ok(((await time.getAttribute('title')) ?? '').includes(received_at.slice(0, 19)))
  await visitor.leave()
})

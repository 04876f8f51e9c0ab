/** To find a thing again: by text in payloads, by id, by the beginning of a name. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { until } from '../support/until.ts'
import { type Stage, setStage } from './support/stage.ts'

const SCRIPT = '<img src=x onerror=alert(1)>'

let stage: Stage
before(async () => {
  stage = await setStage()
})
after(() => stage?.close())

const publish = async (event_type: string, data: unknown) =>
  (await stage.server.api.post<{ event_id: string }>('/events', { event_type, data }, 202)).event_id

test('events are found by text in their data, markup and all', async () => {
  await publish('mail.sent', { to: 'ada@example.org' })
  await publish('mail.lost', { to: `grace@example.org ${SCRIPT}` })
  const visitor = await stage.visit()
  const page = await visitor.open('/events')
  await page.getByRole('link', { name: 'mail.sent' }).waitFor()
  await page.getByLabel('Text in the data').fill('ada@example')
  await page.getByRole('link', { name: 'mail.lost' }).waitFor({ state: 'detached' })
  await page.getByRole('link', { name: 'mail.sent' }).waitFor()
  assert.match(page.url(), /\?text=ada%40example$/)
  await page.getByLabel('Text in the data').fill(SCRIPT)
  await page.getByRole('link', { name: 'mail.lost' }).waitFor()
  assert.equal(await page.locator('img[src="x"]').count(), 0)
  await page.getByLabel('Text in the data').fill('nobody@example')
  await visitor.sees('Nothing fits these filters.')
  await visitor.leave()
})

test('a search goes further back when it is told to, not by itself', async () => {
  const { api } = stage.server
  await publish('needle.one', { text: 'the-needle' })
  const hits = Array.from({ length: 120 }, (_, at) => ({ event_type: 'hay.hit', data: `the-needle ${at}` }))
  await api.post('/events/batch', { events: hits }, 202)
  const visitor = await stage.visit()
  const page = await visitor.open('/events?text=the-needle')
  const rows = () => page.getByRole('table', { name: 'Events' }).getAttribute('aria-rowcount')
  await until('the first page', async () => (await rows()) === '101')
  await visitor.sees(/Looked through what was received since/)
  await visitor.press('Search further back')
  await until('all of them', async () => (await rows()) === '122')
  assert.equal(await page.getByRole('button', { name: 'Search further back' }).count(), 0)
  await visitor.leave()
})

test('the palette finds things by id and by the beginning of a name', async () => {
  const { id } = await stage.server.api.post<{ id: string }>(
    '/subscriptions',
    { name: `Warehouse ${SCRIPT}`, url: stage.target.url, events: ['ware.*'] },
    201,
  )
  const event = await publish('ware.moved', { to: 'B 12' })
  const visitor = await stage.visit()
  const { page } = visitor
  const find = async (text: string, label: RegExp) => {
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').fill(text)
    await page.getByRole('option', { name: label }).click()
  }
  await find('wareh', /^Subscription Warehouse <img src=x onerror=alert\(1\)>/)
  await until('the subscription', () => page.url().endsWith(`/subscriptions/${id}`))
  await find(event, /^Event ware\.moved/)
  await page.getByRole('heading', { name: 'ware.moved' }).waitFor()
  await find('B 12', /^Events with “B 12” in their data/)
  await page.getByRole('link', { name: 'ware.moved' }).waitFor()
  assert.match(page.url(), /\/events\?text=B\+12$/)
  assert.equal(await page.locator('img[src="x"]').count(), 0)
  await visitor.leave()
})

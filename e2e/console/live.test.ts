/** News come by themselves, by one stream for the whole tab. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { LOOPBACK, startServer } from '../support/server.ts'
import { until } from '../support/until.ts'
import { type Stage, setStage } from './support/stage.ts'
import { Visitor } from './support/visitor.ts'

let stage: Stage
before(async () => {
  stage = await setStage()
})
after(() => stage?.close())

const publish = (event_type: string, data: unknown = 1) =>
  stage.server.api.post<{ event_id: string }>('/events', { event_type, data }, 202)

/** What the page asked the server for, with the id it goes on after. */
function asked(page: Page): Array<{ path: string; last: string | undefined }> {
  const requests: Array<{ path: string; last: string | undefined }> = []
  page.on('request', (request) => {
    const { pathname } = new URL(request.url())
    requests.push({ path: pathname, last: request.headers()['last-event-id'] })
  })
  return requests
}

const streams = (requests: ReturnType<typeof asked>) => requests.filter(({ path }) => path.endsWith('/live'))

/** As when another tab is in front of it. */
async function show(page: Page, seen: boolean): Promise<void> {
  await page.evaluate(
    (state) => {
      Object.defineProperty(document, 'visibilityState', { value: state, configurable: true })
      document.dispatchEvent(new Event('visibilitychange'))
    },
    seen ? 'visible' : 'hidden',
  )
}

test('events and deliveries come into their lists and pages without being asked for', async () => {
  const { id } = await stage.server.api.post<{ id: string }>(
    '/subscriptions',
    { name: 'Live', url: stage.target.url, events: ['live.*'] },
    201,
  )
  const visitor = await stage.visit()
  const page = await visitor.open('/events?event_type=live.*')
  await visitor.sees('No events')
  const requests = asked(page)
  await publish('other.one')
  await publish('live.one')
  await page.getByRole('link', { name: 'live.one' }).waitFor()
  assert.equal(await page.getByRole('link', { name: 'other.one' }).count(), 0)
  assert.deepEqual(
    requests.filter(({ path }) => path.endsWith('/events')),
    [],
  )

  await page.getByRole('link', { name: 'Deliveries' }).click()
  await page.getByLabel('State').selectOption('pending')
  await visitor.sees('No deliveries')
  let answer: (value: object) => void = () => undefined
  const later = new Promise<object>((resolve) => {
    answer = resolve
  })
  stage.target.answer(() => later as never)
  const { event_id } = await publish('live.two')
  await page.getByRole('link', { name: 'live.two' }).waitFor()
  answer({})
  await visitor.sees('No deliveries')
  await page.getByLabel('State').selectOption('')
  await page.getByRole('link', { name: 'live.two' }).waitFor()

  stage.target.answer({ status: 500 })
  await visitor.open(`/events/${event_id}`)
  await visitor.sees('and made into 1 delivery')
  await stage.server.api.post(`/events/${event_id}/replay`, { subscription_id: id }, 202)
  await visitor.sees('and made into 2 deliveries')
  stage.target.answer({})
  await visitor.leave()
})

test('a hidden tab has no stream; seen again it goes on after the last id', async () => {
  const visitor = await stage.visit()
  const page = visitor.page
  const requests = asked(page)
  await visitor.open('/events')
  await publish('seen.one')
  await page.getByRole('link', { name: 'seen.one' }).waitFor()
  const closed = page.waitForEvent('requestfailed', (request) => request.url().includes('/live'))
  await show(page, false)
  await closed
  const before = streams(requests).length
  await publish('hidden.one')
  await until(
    'it is delivered',
    async () => (await stage.server.api.all('/deliveries?state=pending')).length === 0,
  )
  assert.equal(await page.getByRole('link', { name: 'hidden.one' }).count(), 0)
  assert.equal(streams(requests).length, before)
  await show(page, true)
  await page.getByRole('link', { name: 'hidden.one' }).waitFor()
  assert.match(streams(requests).at(-1)?.last ?? '', /^\d+$/)
  await visitor.leave()
})

test('a restart of the server is told politely, and the page goes on by itself', async () => {
  const flags = [...LOOPBACK, '--port', String(await freePort())]
  const server = await startServer({ flags })
  const visitor = await Visitor.at(stage.browser, server.url, { key: server.key, expected: [/ 503$/] })
  const page = await visitor.open('/events')
  await visitor.sees('No events yet')
  const told = page.getByText('The server is restarting')
  await server.kill('SIGTERM')
  await told.waitFor()
  assert.equal(await page.getByRole('status').filter({ has: told }).count(), 1)
  await server.start()
  await told.waitFor({ state: 'detached' })
  await server.api.post('/events', { event_type: 'after.restart', data: 1 }, 202)
  await page.getByRole('link', { name: 'after.restart' }).waitFor()
  await visitor.leave()
  await server.dispose()
})

test('while the server is away, what a page has shown stays in sight', async () => {
  const { id } = await stage.server.api.post<{ id: string }>(
    '/subscriptions',
    { name: 'Stays', url: stage.target.url, events: ['stays.*'] },
    201,
  )
  const visitor = await stage.visit({ expected: [/ 503$/] })
  const { page } = visitor
  await page.clock.install()
  await visitor.open(`/subscriptions/${id}`)
  await page.getByRole('heading', { name: 'Stays' }).waitFor()
  let inVain = 0
  await page.route(`**/subscriptions/${id}`, async (route) => {
    inVain += 1
    await route.fulfill({ status: 503, json: { status: 503, code: 'store_unavailable', detail: 'Away.' } })
  })
  // Three times it tries; the fourth says that it has given up once and asks anew.
  await until('it was asked in vain again and again', async () => {
    await page.clock.runFor(1000)
    return inVain >= 5
  })
  assert.equal(await page.getByRole('heading', { name: 'Stays' }).count(), 1)
  await visitor.leave()
})

async function freePort(): Promise<number> {
  const holder = createServer().listen(0, '127.0.0.1')
  await once(holder, 'listening')
  const { port } = holder.address() as AddressInfo
  holder.close()
  return port
}

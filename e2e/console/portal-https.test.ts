/** The portal in a frame of another site, over https: its cookie is third-party there, kept for that one site. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Frame } from 'playwright-core'
import { LOOPBACK, type ServerProcess, startServer } from '../support/server.ts'
import { startTarget, type Target } from '../support/targets.ts'
import { until } from '../support/until.ts'
import { startBrowser } from './support/chromium.ts'
import { portalLink } from './support/portal.ts'
import { HttpsSite } from './support/tls.ts'
import { Visitor } from './support/visitor.ts'

let server: ServerProcess
let browser: Browser
let target: Target
let proxy: HttpsSite
let sites: HttpsSite
let [shop, stranger, posthorn] = ['', '', '']
before(async () => {
  ;[proxy, sites, target] = await Promise.all([HttpsSite.start(), HttpsSite.start(), startTarget()])
  shop = sites.at('shop.example')
  stranger = sites.at('stranger.example')
  posthorn = proxy.at('hooks.posthorn.test')
  const flags = ['--portal-origin', shop, '--public-url', posthorn, '--trusted-proxy', '127.0.0.1/32']
  ;[server, browser] = await Promise.all([
    startServer({ flags: [...LOOPBACK, ...flags] }),
    startBrowser(['--host-resolver-rules=MAP * 127.0.0.1', '--ignore-certificate-errors']),
  ])
  proxy.behind = new URL(server.url)
  await server.api.post('/tenants', { slug: 'acme', name: 'Acme' }, 201)
  const input = { name: 'Warehouse', url: target.url, events: ['*'] }
  await server.api.forTenant('acme').post('/subscriptions', input, 201)
})
after(async () => {
  await browser?.close()
  await server?.dispose()
  await Promise.all([proxy?.close(), sites?.close(), target?.close()])
})

async function framed(visitor: Visitor, site: string): Promise<Frame> {
  const link = await portalLink(server.api, { tenant: 'acme', scope: 'manage' })
  assert.ok(link.startsWith(`${posthorn}/portal/enter?token=`), link)
  sites.page = `<!doctype html><html lang="en"><title>A shop</title><iframe src="${link}" width="1200" height="780"></iframe></html>`
  await visitor.page.goto(site)
  const frame = await (await visitor.page.waitForSelector('iframe')).contentFrame()
  assert.ok(frame !== null)
  return frame
}

test('in a frame of another site one works, by a cookie that is kept for that site alone', async () => {
  const visitor = await Visitor.at(browser, posthorn, { origins: [shop] })
  const frame = await framed(visitor, shop)
  await frame.getByText('Warehouse').waitFor()
  const cookies = await visitor.context.cookies()
  assert.deepEqual(
    cookies.map(({ name, secure, httpOnly, sameSite, partitionKey }) => [
      ...[name, secure, httpOnly, sameSite],
      partitionKey === undefined ? null : new URL(partitionKey).hostname,
    ]),
    [['__Host-posthorn_portal', true, true, 'None', 'shop.example']],
  )
  // Each call of the page has it: to read, to change, and the stream of news.
  await frame.getByRole('link', { name: 'Warehouse' }).click()
  await frame.getByRole('button', { name: 'Send a test' }).click()
  await frame.getByText('Status 200').waitFor()
  await frame.getByRole('button', { name: 'Close', exact: true }).click()
  await frame.getByRole('navigation').getByRole('link', { name: 'Events' }).click()
  await frame.getByRole('heading', { name: 'Events', exact: true }).waitFor()
  await server.api.forTenant('acme').post('/events', { event_type: 'order.made', data: 1 }, 202)
  await frame.getByRole('link', { name: 'order.made' }).waitFor()

  // The same browser at the server itself, and in a frame of nobody's, has no session.
  const tab = await visitor.context.newPage()
  await tab.goto(`${posthorn}/portal`)
  await tab.getByText('This page needs a link').waitFor()
  await frame.getByRole('button', { name: 'Leave' }).click()
  await frame.getByText('You have left').waitFor()
  assert.deepEqual(await visitor.context.cookies(), [])
  await visitor.leave()
})

test('a site that is not allowed gets an empty frame, over https too', async () => {
  const visitor = await Visitor.at(browser, posthorn, {
    origins: [stranger],
    expected: [/frame-ancestors/],
  })
  const refused: string[] = []
  visitor.page.on('console', (message) => refused.push(message.text()))
  const frame = await framed(visitor, stranger)
  await until('the browser has refused it', () => refused.some((text) => text.includes('frame-ancestors')))
  assert.equal(await frame.getByText('Warehouse').count(), 0)
  await visitor.leave()
})

/** What a browser loads and when: little at first, the rest as it is gone to, and what becomes of an upgrade meanwhile. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { firstLoad } from '../../scripts/first-load.ts'
import { type Stage, setStage } from './support/stage.ts'

const DIST = fileURLToPath(new URL('../../packages/console/dist', import.meta.url))
/** Of JavaScript, gzipped. */
const MAX_BYTES = 250_000

let stage: Stage
before(async () => {
  stage = await setStage()
  // A server on which nothing has happened says what to do first, and draws nothing.
  const { api } = stage.server
  await api.post('/subscriptions', { name: 'Shop', url: stage.target.url, events: ['*'] }, 201)
  await api.post('/events', { event_type: 'order.made', data: 1 }, 202)
})
after(() => stage?.close())

test('the first load is at most 250 kB of JavaScript gzipped, and so is all until the overview is drawn', async () => {
  const { files, bytes } = firstLoad(DIST)
  assert.ok(bytes <= MAX_BYTES, `${bytes} bytes in ${files.join(', ')}`)

  const visitor = await stage.visit()
  const { page } = visitor
  const loaded = new Set<string>()
  page.on('response', (response) => {
    const { pathname } = new URL(response.url())
    if (pathname.endsWith('.js')) loaded.add(pathname.replace('/assets/', ''))
  })
  await page.reload()
  await page.locator('.chart canvas').nth(2).waitFor()
  // What the files name is what a browser loads.
  assert.deepEqual(
    files.filter((name) => !loaded.has(name)),
    [],
  )
  const names = [...loaded]
  const sizes = names.map((name) => gzipSync(readFileSync(join(DIST, 'assets', name))).length)
  const all = sizes.reduce((sum, size) => sum + size, 0)
  assert.ok(all > bytes && all <= MAX_BYTES, `${all} bytes in ${names.join(', ')}`)
  assert.ok(!names.some((name) => name.startsWith('portal-app')))
  await visitor.leave()
})

test('after an upgrade the file of a page is gone: the page is loaded anew by itself, once, where one wanted to go', async () => {
  const gone = await fetch(`${stage.server.url}/assets/events-page-0ld0ld0l.js`, {
    headers: { accept: '*/*' },
  })
  assert.equal(gone.status, 404)
  assert.doesNotMatch(gone.headers.get('cache-control') ?? '', /immutable|max-age=[1-9]/)

  const visitor = await stage.visit({ expected: [/GET \S+\.js 404$/] })
  const { page } = visitor
  await page.locator('.chart canvas').nth(2).waitFor()
  let upgraded = true
  let loads = 0
  page.on('load', () => {
    loads += 1
    upgraded = false
  })
  await page.route(/\/assets\/events-page-/, (route) =>
    upgraded ? route.fulfill({ status: 404, body: '' }) : route.continue(),
  )
  await page.getByRole('link', { name: 'Events', exact: true }).click()
  await page.getByRole('heading', { name: 'Events', exact: true }).waitFor()
  assert.equal(new URL(page.url()).pathname, '/events')
  assert.equal(loads, 1)
  await visitor.leave()
})

test('a file that stays away is told, with a way to load the page anew; the menu goes on', async () => {
  const visitor = await stage.visit({
    expected: [/GET \S+\.js 404$/, /Failed to fetch dynamically imported module/],
  })
  const { page } = visitor
  await page.locator('.chart canvas').nth(2).waitFor()
  let away = true
  await page.route(/\/assets\/audit-page-/, (route) =>
    away ? route.fulfill({ status: 404, body: '' }) : route.continue(),
  )
  await page.getByRole('link', { name: 'Audit log' }).click()
  await visitor.sees('A part of this page could not be loaded.')
  away = false
  await visitor.press('Load the page anew')
  await page.getByRole('heading', { name: 'Audit log', exact: true }).waitFor()
  await visitor.leave()
})

test('without the library that draws, words and tables are there all the same', async () => {
  const visitor = await stage.visit({ expected: [/GET \S+\.js 404$/] })
  const { page } = visitor
  await page.route(/\/assets\/picture-/, (route) => route.fulfill({ status: 404, body: '' }))
  await page.reload()
  await visitor.sees('The picture could not be loaded.')
  await page.locator('.chart', { hasText: 'Attempts' }).getByText('As a table').click()
  await page.getByRole('table', { name: 'Attempts' }).waitFor()
  await visitor.leave()
})

/** The first page: in ten seconds one sees which target fails, since when and why; and it goes on by itself. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { until } from '../support/until.ts'
import { type Stage, setStage } from './support/stage.ts'

const SCRIPT = '<script>alert(1)</script><img src=x onerror=alert(2)>'

let stage: Stage
before(async () => {
  stage = await setStage()
})
after(() => stage?.close())

const subscribe = (name: string, events: string[], path: string) =>
  stage.server.api.post<{ id: string }>(
    '/subscriptions',
    { name, url: `${stage.target.url}${path}`, events, retry: [] },
    201,
  )
const publish = (event_type: string, data: unknown) =>
  stage.server.api.post<{ event_id: string }>('/events', { event_type, data }, 202)

test('what fails is told worst first, each a link to its cause; numbers, charts, types and health beside', async () => {
  stage.target.answer(({ path }) =>
    path.includes('bad') ? { status: 503, body: SCRIPT } : path.includes('worse') ? { status: 500 } : {},
  )
  await subscribe(`Sometimes ${SCRIPT}`, ['part.one'], 'bad')
  const worse = await subscribe('Always', ['part.*'], 'worse')
  await subscribe('Well', ['*'], 'well')
  await publish('part.one', { number: 1 })
  for (const number of [2, 3]) await publish('part.two', { number })
  await until(
    'four are dead',
    async () => (await stage.server.api.all('/deliveries?state=dead')).length === 4,
  )

  const visitor = await stage.visit()
  const page = visitor.page
  const failing = page.getByRole('list', { name: /fail/ }).getByRole('listitem')
  await until('both in their order', async () => {
    const texts = await failing.allTextContents()
    return (
      texts.length === 2 &&
      /^Always.*3 failed.*error of its own \(500\)/s.test(texts[0] ?? '') &&
      texts[1]?.includes(SCRIPT)
    )
  })
  assert.match((await failing.nth(0).textContent()) ?? '', /failing for \d+ \w+/)
  const stat = (name: string) => page.locator('.stat', { hasText: name }).locator('dd')
  await until('the sum of attempts', async () => (await stat('Attempts').textContent()) === '7')
  assert.equal(await stat('Failed').textContent(), '4')
  assert.equal(await stat('Dead letters').textContent(), '4')
  await visitor.sees('store: sqlite')
  await visitor.sees('1 process')
  await visitor.sees('3 succeeded, 4 failed.')
  const types = page.getByRole('region', { name: 'Events by type' }).getByRole('listitem')
  assert.match((await types.nth(0).textContent()) ?? '', /^part\.two2$/)
  // A picture is drawn, and a reader who does not see it has the same as a table.
  await until('something is drawn', () =>
    page.evaluate(() => {
      const canvas = document.querySelectorAll<HTMLCanvasElement>('.chart canvas')[1]
      const pixels = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data
      return pixels?.some((value) => value > 0) === true
    }),
  )
  await page.locator('.chart', { hasText: 'Attempts' }).getByText('As a table').click()
  const cells = await page.getByRole('table', { name: 'Attempts' }).getByRole('cell').allTextContents()
  assert.ok(cells.includes('4') && cells.includes('3'), cells.join(' '))
  assert.equal(await page.locator('img[src="x"]').count(), 0)

  await page.getByRole('button', { name: '24 hours' }).click()
  await until('the time is in the address', () => page.url().endsWith('?span=24h'))
  await until('the same sum', async () => (await stat('Attempts').textContent()) === '7')
  await failing.nth(0).getByRole('link').click()
  await page.getByRole('heading', { name: 'Always' }).waitFor()
  assert.ok(page.url().endsWith(`/subscriptions/${worse.id}?state=dead`))
  await page.getByRole('table', { name: 'Deliveries' }).getByRole('row').nth(3).waitFor()
  await visitor.leave()
  stage.target.answer({})
})

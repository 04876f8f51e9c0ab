/** What one does with subscriptions, events and deliveries in the console, against real targets. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { until } from '../support/until.ts'
import { type Stage, setStage } from './support/stage.ts'

interface Made {
  readonly id: string
}

let stage: Stage
before(async () => {
  stage = await setStage()
})
after(() => stage?.close())

const subscribe = (name: string, events: string[], more: object = {}) =>
  stage.server.api.post<Made>('/subscriptions', { name, url: stage.target.url, events, ...more }, 201)
const publish = (event_type: string, data: unknown) =>
  stage.server.api.post<{ event_id: string }>('/events', { event_type, data }, 202)
const states = async (query: string) =>
  (await stage.server.api.all<{ state: string }>(`/deliveries?${query}`)).map(({ state }) => state)

test('a subscription is made, its errors at their fields, its secret shown once; tested, rotated, paused, edited, deleted', async () => {
  const visitor = await stage.visit({ expected: [/POST \S+\/subscriptions 4\d\d$/] })
  const { page } = visitor
  await page.getByRole('link', { name: 'Subscriptions' }).click()
  await page.getByRole('link', { name: 'New subscription' }).first().click()
  await page.getByLabel('Name').fill('CRM')
  await page.getByLabel('URL').fill('http://169.254.169.254/latest')
  await page.getByLabel('Event types').fill('user.*\nnot a type!')
  await visitor.press('Create subscription')
  await visitor.sees('It was not saved: see what is said at the fields.')
  assert.equal(await page.getByLabel('Event types').getAttribute('aria-invalid'), 'true')
  assert.ok(await page.getByLabel('Event types').evaluate((field) => field === document.activeElement))
  await page.getByLabel('Event types').fill('user.*\ninvoice.paid')
  await visitor.press('Create subscription')
  await page.locator('.field', { hasText: 'URL' }).locator('.field-error').waitFor()
  await page.getByLabel('URL').fill(stage.target.url)
  await visitor.press('Create subscription')
  const dialog = page.getByRole('dialog')
  const secret = (await dialog.locator('pre').textContent()) ?? ''
  assert.match(secret, /^whsec_/)
  await visitor.press('I have copied it')
  await page.getByRole('heading', { name: 'CRM' }).waitFor()
  assert.ok(!(await page.content()).includes(secret))

  await visitor.press('Send a test')
  await dialog.getByText(/Status 200 after/).waitFor()
  await dialog.getByText('"ok": true').waitFor()
  assert.equal(stage.target.requests.at(-1)?.header('webhook-id') !== undefined, true)
  await dialog.getByRole('button', { name: 'Close' }).click()

  await visitor.press('More')
  await page.getByRole('menuitem', { name: 'Rotate the secret' }).click()
  await dialog.getByRole('button', { name: 'Rotate' }).click()
  await dialog.getByText('The new signing secret').waitFor()
  assert.notEqual(await dialog.locator('pre').textContent(), secret)
  await visitor.press('I have copied it')
  await visitor.sees(/goes on signing for (?:23 h|1 d)/)

  await visitor.press('More')
  await page.getByRole('menuitem', { name: 'Pause' }).click()
  await visitor.sees('Paused.')
  await visitor.press('Resume')
  await page.getByRole('button', { name: 'Send a test' }).waitFor()

  await page.getByRole('link', { name: 'Edit' }).click()
  await page.getByLabel('Name').fill('CRM, renamed')
  await page.getByText('Sources, headers, limits, signature').click()
  await page.getByLabel('Headers', { exact: true }).fill('X-Team: sales')
  await visitor.press('Save')
  await page.getByRole('heading', { name: 'CRM, renamed' }).waitFor()
  await visitor.sees('X-Team: sales')

  await visitor.press('More')
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await visitor.sees('No subscriptions yet')
  await visitor.leave()
})

test('an event is published, its page tells what became of it, and it is replayed', async () => {
  await subscribe('mail', ['letter.*'])
  const visitor = await stage.visit()
  const page = await visitor.open('/publish')
  await page.getByLabel('Event type').fill('letter.sent')
  await page.getByLabel('Data').fill('{"to":')
  await visitor.press('Publish')
  await visitor.sees(/This is not JSON/)
  await page.getByLabel('Data').fill('{"to":"Ada","stamp":1.0}')
  await visitor.press('Publish')
  await page.getByRole('heading', { name: 'letter.sent' }).waitFor()
  await visitor.sees('"to": "Ada"')
  const request = await until('the letter at the target', () =>
    stage.target.requests.find(({ body }) => Buffer.from(body).includes('"Ada"')),
  )
  // As it was typed, not as JavaScript would write it.
  assert.ok(Buffer.from(request.body).includes('"stamp":1.0'))
  await visitor.sees('Attempt 1')
  await page.getByText('Attempt 1').click()
  await visitor.sees('status 200')

  await visitor.press('Replay')
  await page.getByRole('dialog').getByRole('button', { name: 'Replay' }).click()
  await visitor.sees('1 new delivery made.')
  await visitor.sees('and made into 2 deliveries')
  await visitor.leave()
})

test('dead letters of a cause are retried together, with the result of each; the feed is filtered by state', async () => {
  let broken = true
  stage.target.answer(() => (broken ? { status: 500, body: 'down' } : {}))
  const { id } = await subscribe('fragile', ['part.*'], { retry: [] })
  for (const number of [1, 2, 3]) await publish('part.made', { number })
  await until('three dead letters', async () => (await states('state=dead')).length === 3)
  const visitor = await stage.visit()
  const page = await visitor.open(`/subscriptions/${id}?state=dead`)
  await page.getByRole('table', { name: 'Deliveries' }).getByRole('row').nth(3).waitFor()
  await page.getByLabel('State').selectOption('delivered')
  await visitor.sees('Nothing fits these filters.')
  assert.match(page.url(), /\?state=delivered$/)

  await visitor.press('Send a test')
  await page.getByRole('dialog').getByText('The target answers with an error of its own (500).').waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click()

  broken = false
  await page.getByRole('link', { name: 'Dead letters' }).click()
  const group = page.getByRole('list', { name: 'Dead letters by cause' }).getByRole('listitem')
  await group.filter({ hasText: '4 dead letters to fragile' }).waitFor()
  // When exactly is told to the keyboard as well.
  await group
    .getByRole('button', { name: / ago$|^now$/ })
    .first()
    .press('Enter')
  await group.getByRole('button', { name: /\d\d:\d\d:\d\d/ }).waitFor()
  assert.match((await group.first().textContent()) ?? '', /an error of its own \(500\)/)
  await visitor.press('Retry 4')
  await visitor.sees('4 of 4 attempted again.')
  const results = page.getByRole('table', { name: 'Results' })
  await results.getByRole('row').nth(4).waitFor()
  // All of it is the server's: a reload shows the same.
  await page.reload()
  await visitor.sees('4 of 4 attempted again.')
  await results.getByRole('row').nth(4).waitFor()
  assert.deepEqual(await results.getByRole('cell', { name: 'done' }).allTextContents(), [
    'done',
    'done',
    'done',
    'done',
  ])
  assert.equal(await page.getByRole('progressbar').getAttribute('aria-valuenow'), '100')
  await until('all are delivered', async () =>
    (await states(`subscription_id=${id}`)).every((state) => state === 'delivered'),
  )
  await visitor.sees('No dead letters')
  stage.target.answer({})
  await visitor.leave()
})

test('dead letters that were chosen are dropped, once it was asked', async () => {
  stage.target.answer({ status: 404 })
  const { id } = await subscribe('closed', ['shop.*'], { retry: [] })
  for (const number of [1, 2]) await publish('shop.sold', { number })
  await until('two dead letters', async () => (await states('state=dead')).length === 2)
  const visitor = await stage.visit()
  const page = await visitor.open('/dead-letters')
  await page.getByRole('checkbox', { name: 'Choose the delivery of shop.sold' }).first().check()
  await visitor.press('Drop 1 chosen one')
  await page.getByRole('dialog').getByRole('button', { name: 'Drop' }).click()
  await visitor.sees('1 of 1 dropped.')
  await visitor.sees('1 dead letter to closed')
  assert.deepEqual((await states(`subscription_id=${id}`)).toSorted(), ['cancelled', 'dead'])
  await visitor.press('Drop 1')
  await page.getByRole('dialog').getByRole('button', { name: 'Drop' }).click()
  await visitor.sees('No dead letters')
  stage.target.answer({})
  await visitor.leave()
})

test('a delivery that waits is cancelled, and retried from its own page', async () => {
  const { id } = await subscribe('later', ['slow.*'])
  await stage.server.api.post(
    '/events',
    { event_type: 'slow.start', data: 1, deliver_at: new Date(Date.now() + 86_400_000).toISOString() },
    202,
  )
  const visitor = await stage.visit()
  const page = await visitor.open(`/deliveries?subscription_id=${id}`)
  await page.getByRole('link', { name: 'slow.start' }).click()
  await visitor.press('Cancel')
  await visitor.sees('It is cancelled.')
  await visitor.press('Retry')
  await visitor.sees('Attempt 1')
  await visitor.leave()
})

test('a replay since a time says first how many events, then is begun; its progress survives a reload', async () => {
  const { id } = await subscribe('again', ['old.*'])
  for (const number of [1, 2]) await publish('old.news', { number })
  await until(
    'both are delivered',
    async () => (await states(`subscription_id=${id}&state=delivered`)).length === 2,
  )
  const visitor = await stage.visit()
  const page = await visitor.open(`/subscriptions/${id}`)
  await visitor.press('Replay')
  await visitor.sees('This replays 2 events.')
  await page.getByLabel('Event types').fill('new.*')
  await visitor.sees('No event fits.')
  assert.ok(await page.getByRole('button', { name: 'Begin' }).isDisabled())
  await page.getByLabel('Event types').fill('')
  await visitor.sees('This replays 2 events.')
  await visitor.press('Begin')
  await visitor.sees('2 new deliveries made.')
  await page.reload()
  await visitor.sees('2 new deliveries made.')
  assert.equal(await page.getByRole('progressbar', { name: 'Replay' }).getAttribute('aria-valuenow'), '100')
  await until('four deliveries', async () => (await states(`subscription_id=${id}`)).length === 4)
  await visitor.leave()
})

/** The page itself: its policy, hostile texts, the keyboard, themes, narrow screens, long lists. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { GITHUB_SECRET, githubHeaders, type Source, send } from '../support/inbound.ts'
import { until } from '../support/until.ts'
import { type Stage, setStage } from './support/stage.ts'

const SCRIPT = '<script>alert(1)</script><img src=x onerror=alert(2)>'
const RTL = '\u202egnp.exe\u2066'

let stage: Stage
before(async () => {
  stage = await setStage()
})
after(() => stage?.close())

test('the page allows no script and no style of its own text, and nobody to frame it', async () => {
  const { headers } = await fetch(stage.server.url, { headers: { accept: 'text/html' } })
  const policy = headers.get('content-security-policy') ?? ''
  assert.match(policy, /default-src 'none'/)
  assert.match(policy, /frame-ancestors 'none'/)
  assert.ok(!policy.includes('unsafe'), policy)
  const visitor = await stage.visit()
  const refused = await visitor.page.evaluate(
    () =>
      new Promise<string>((resolve) => {
        document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective))
        const style = document.createElement('style')
        style.textContent = 'body { display: none }'
        document.body.append(style)
      }),
  )
  assert.equal(refused, 'style-src-elem')
  // That this was told is what shows that the other visits, where nothing was told, broke no rule.
  await assert.rejects(visitor.leave(), /Content Security Policy/)
})

test('texts of strangers are shown as what they are: script tags, marks of direction, a line of 1 MiB, 10,000 keys', async () => {
  const { api } = stage.server
  stage.target.answer({ status: 500, headers: { 'content-type': 'text/html' }, body: `${SCRIPT}${RTL}` })
  const { id } = await api.post<{ id: string }>(
    '/subscriptions',
    {
      name: SCRIPT,
      url: stage.target.url,
      events: ['*'],
      description: `${SCRIPT}\n\t`,
      retry: [],
      headers: { 'X-A': SCRIPT },
    },
    201,
  )
  const line = JSON.stringify('x'.repeat(1024 * 1024 - 40))
  const keys = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`${SCRIPT}${at}`, RTL]))
  const events = [
    ['hostile.script', { [SCRIPT]: SCRIPT, [RTL]: RTL, nested: [SCRIPT], __proto__x: '</pre>' }],
    ['hostile.line', JSON.parse(line)],
    ['hostile.keys', keys],
  ] as const
  const ids: string[] = []
  for (const [event_type, data] of events)
    ids.push(
      (
        await api.post<{ event_id: string }>(
          '/events',
          { event_type, data, event_id: `hostile-${ids.length}` },
          202,
        )
      ).event_id,
    )
  await api.post('/event-types', { name: 'hostile.script', description: SCRIPT, examples: [SCRIPT] }, 201)
  await until('all are dead', async () => (await api.all('/deliveries?state=dead')).length === events.length)

  const [delivery] = await api.all<{ id: string }>('/deliveries?state=dead')
  const visitor = await stage.visit()
  for (const path of [
    '/',
    `/deliveries/${delivery?.id}`,
    '/subscriptions',
    `/subscriptions/${id}`,
    `/subscriptions/${id}/edit`,
    '/events',
    '/deliveries',
    '/dead-letters',
    '/event-types',
    '/event-types/hostile.script',
    '/audit',
  ]) {
    const page = await visitor.open(path)
    await page.locator('h1').waitFor()
    await visitor.sees(/<script>|hostile|subscription\.created/)
    await clean(page, path)
  }
  for (const event of ids) {
    const page = await visitor.open(`/events/${encodeURIComponent(event)}`)
    await page.getByText('Attempt 1').click()
    await page.locator('.code', { hasText: 'Answer' }).getByText('onerror=alert(2)').waitFor()
    assert.ok((await page.locator('.code pre').allTextContents()).some((text) => text.includes('\\u202e')))
  }
  const page = await visitor.open(`/events/${encodeURIComponent(ids[1] ?? '')}`)
  await visitor.press('Show all')
  await until('the whole line', async () => {
    const texts = await page.locator('.code pre').allTextContents()
    return texts.some((text) => text.length > 1_000_000)
  })
  await visitor.open(`/subscriptions/${id}`)
  await visitor.press('Send a test')
  await visitor.page.getByRole('dialog').getByText('onerror=alert(2)').waitFor()
  assert.equal(await visitor.page.locator('img[src="x"]').count(), 0)
  stage.target.answer({})
  await visitor.leave()
})

test('texts of strangers in a request, a source and the audit log are shown as what they are', async () => {
  const { api } = stage.server
  const slug = 'hostile'
  const source = await api.post<Source>(
    '/sources',
    { slug, provider: 'github', secrets: [GITHUB_SECRET], description: `${SCRIPT}${RTL}` },
    201,
  )
  const keys = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`${SCRIPT}${at}`, RTL]))
  const bodies = [{ [SCRIPT]: SCRIPT, [RTL]: RTL }, 'x'.repeat(1024 * 1024 - 200), keys].map((data) =>
    JSON.stringify({ data, action: SCRIPT }),
  )
  for (const [at, body] of bodies.entries()) {
    const headers = {
      ...(await githubHeaders(body, `hostile-${at}`)),
      'x-note': SCRIPT,
      'user-agent': SCRIPT,
    }
    const { status } = await send(`${source.ingest_url}?q=${encodeURIComponent(SCRIPT)}`, { headers, body })
    assert.equal(status, 200)
  }
  // Refused, so that the doctor speaks of it.
  const headers = { ...(await githubHeaders('{}', `hostile-${SCRIPT}`)), 'x-hub-signature-256': SCRIPT }
  await send(source.ingest_url, { headers, body: `{"a":"${SCRIPT}"}` })
  const requests = await api.all<{ id: string }>(`/sources/${slug}/requests`)
  assert.equal(requests.length, 4)

  const visitor = await stage.visit()
  const { page } = visitor
  const look = async (path: string) => {
    await visitor.open(path)
    await visitor.settled()
    await page.locator('main', { hasText: 'hostile' }).waitFor()
    await clean(page, path)
  }
  for (const path of ['/sources', `/sources/${slug}`, `/sources/${slug}/edit`]) await look(path)
  for (const { id } of requests) {
    await look(`/sources/${slug}/requests/${id}`)
    await visitor.press(/Ask the doctor|Verify again/)
    await page
      .getByRole('region', { name: 'Signature' })
      .getByText(/^It (?:fits|does not fit)/)
      .waitFor()
    await clean(page, id)
  }
  await api.call('PATCH', `/sources/${slug}`, { body: { description: `now ${SCRIPT}` }, status: 200 })
  await visitor.open('/audit?action=source.updated')
  await page.getByRole('button', { name: 'source.updated' }).click()
  await page.getByRole('dialog').getByText('onerror=alert(2)').first().waitFor()
  await clean(page, 'audit')
  await visitor.leave()
})

/** Nothing of a stranger became an element or turned the text around. */
async function clean(page: Page, where: string): Promise<void> {
  assert.equal(await page.locator('img[src="x"], main script, [role="dialog"] script').count(), 0, where)
  const text = await page.evaluate(() => {
    const shown = document.body.cloneNode(true) as HTMLElement
    // A field must hold what will be saved.
    for (const field of shown.querySelectorAll('textarea')) field.remove()
    return shown.textContent
  })
  assert.ok(!/[\u202e\u2066]/.test(text), `${where} has marks of direction`)
}

test('the keyboard goes everywhere: palette, search, j and k', async () => {
  const { api } = stage.server
  for (const number of [1, 2, 3])
    await api.post('/events', { event_type: `key.no${number}`, data: number }, 202)
  const visitor = await stage.visit()
  const { page } = visitor
  await page.keyboard.press('Meta+k')
  await page.getByRole('combobox').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('combobox').waitFor({ state: 'detached' })
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox').fill('events')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Events', exact: true }).waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('key.*')
  await page.getByRole('link', { name: 'key.no3' }).waitFor()
  await until('the filter is in the address', () => page.url().includes('event_type=key.*'))
  await page.getByLabel('Event type').blur()
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await page.keyboard.press('k')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'key.no2' }).waitFor()
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox').fill('Theme: dark')
  await page.keyboard.press('Enter')
  await until('it is dark', () =>
    page.evaluate(() => getComputedStyle(document.documentElement).colorScheme === 'dark'),
  )
  await page.reload()
  await until('it stays dark', () => page.evaluate(() => document.documentElement.dataset.theme === 'dark'))
  await visitor.leave()
})

test('on a narrow screen nothing is wider than it, and the menu opens', async () => {
  const url = stage.target.url
  const { api } = stage.server
  await api.post('/subscriptions', { name: 'narrow', url, events: ['narrow.*'] }, 201)
  await api.post('/events', { event_type: 'narrow.made', data: 1 }, 202)
  const visitor = await stage.visit({ viewport: { width: 390, height: 800 } })
  for (const path of [
    '/',
    '/subscriptions',
    '/events',
    '/deliveries',
    '/dead-letters',
    '/sources',
    '/event-types',
    '/alerts',
    '/alerts/rules/new',
    '/tenants',
    '/keys',
    '/audit',
    '/subscriptions/new',
  ]) {
    const page = await visitor.open(path)
    await page.locator('h1').waitFor()
    const over = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    )
    assert.ok(over <= 0, `${path} is ${over} px too wide`)
    await visitor.settled()
    const cut = await page.evaluate(
      () =>
        [...document.querySelectorAll('.list-row > .cell')].filter(
          (cell) => cell.getBoundingClientRect().right > window.innerWidth,
        ).length,
    )
    assert.equal(cut, 0, `${path} has cells that end outside of the screen`)
  }
  await visitor.press('Menu')
  await visitor.page.getByRole('link', { name: 'Events', exact: true }).click()
  await visitor.page.getByRole('heading', { name: 'Events', exact: true }).waitFor()
  await visitor.leave()
})

test('a list of 10,000 rows scrolls to its end, and holds only what is seen', async () => {
  const { api } = stage.server
  await api.post('/tenants', { slug: 'many', name: 'Many' }, 201)
  const many = api.forTenant('many')
  for (let batch = 0; batch < 20; batch++) {
    const events = Array.from({ length: 500 }, (_, at) => ({
      event_type: 'many.made',
      data: batch * 500 + at,
    }))
    await many.post('/events/batch', { events }, 202)
  }
  const visitor = await stage.visit()
  const page = await visitor.open('/events')
  await page.getByRole('button', { name: 'Tenant: many' }).waitFor()
  await page.locator('.row-link').first().waitFor()
  await until(
    'the last of 10,000 rows',
    async () => {
      await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight))
      return await page.evaluate(
        () => document.querySelector('[role="table"]')?.getAttribute('aria-rowcount') === '10001',
      )
    },
    { timeoutMs: 60_000 },
  )
  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight))
  await page.locator('.list-row[aria-rowindex="10001"]').waitFor()
  assert.ok((await page.locator('.list-row').count()) < 60)
  await visitor.leave()
})

test('an address that leads nowhere, and a thing that is not there, are told plainly', async () => {
  const visitor = await stage.visit({ expected: [/GET \S+\/events\/nothing 404$/] })
  await visitor.open('/nowhere/at/all')
  await visitor.sees('There is no such page')
  await visitor.open('/events/nothing')
  await visitor.page.getByRole('alert').getByText('not_found').waitFor()
  await visitor.leave()
})

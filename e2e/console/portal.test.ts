/** The portal in a browser: in frames of others, by scope, with its end; and that nothing else is reached from it. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Frame, Page } from 'playwright-core'
import { CONTRACT } from '../../packages/posthorn/src/api/contract/contract.ts'
import type { Operation } from '../../packages/posthorn/src/api/contract/operation.ts'
import { OPERATIONS, type OperationId } from '../../packages/posthorn/src/api/contract/operations.ts'
import { LOOPBACK } from '../support/server.ts'
import { until } from '../support/until.ts'
import { faults } from './support/axe.ts'
import { HostPage, portalLink } from './support/portal.ts'
import { type Stage, setStage } from './support/stage.ts'
import { type VisitOptions, Visitor } from './support/visitor.ts'

const HOSTILE = '<img src=x onerror=alert(1)>\u202e'
const PIXEL =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

let app: HostPage
let stranger: HostPage
let stage: Stage
let event = ''
before(async () => {
  ;[app, stranger] = await Promise.all([HostPage.start(), HostPage.start()])
  stage = await setStage({ flags: [...LOOPBACK, '--portal-origin', app.origin] })
  const { api } = stage.server
  await api.post('/tenants', { slug: 'acme', name: 'Acme & Söhne' }, 201)
  await api.post('/tenants', { slug: 'rival', name: 'Rival' }, 201)
  const [acme, rival] = [api.forTenant('acme'), api.forTenant('rival')]
  stage.target.answer(({ path }) => (path === '/fails' ? { status: 500, body: HOSTILE } : { body: 'ok' }))
  const to = (path: string, name: string) => ({
    name,
    url: stage.target.url + path,
    events: ['*'],
    retry: [],
  })
  await acme.post('/subscriptions', to('works', 'Warehouse'), 201)
  await acme.post('/subscriptions', to('fails', HOSTILE), 201)
  await rival.post('/subscriptions', to('works', 'rival-secret-name'), 201)
  event = (
    await acme.post<{ event_id: string }>('/events', { event_type: 'order.made', data: { q: HOSTILE } }, 202)
  ).event_id
  await rival.post('/events', { event_type: 'rival.secret', data: 1 }, 202)
  await until('nothing is pending', async () => (await acme.all('/deliveries?state=pending')).length === 0)
})
after(async () => {
  await stage?.close()
  await Promise.all([app?.close(), stranger?.close()])
})

async function enter(body: object, options: VisitOptions = {}): Promise<Visitor> {
  const visitor = await Visitor.at(stage.browser, stage.server.url, options)
  await visitor.page.goto(await portalLink(stage.server.api, { tenant: 'acme', ...body }))
  await visitor.page.getByRole('heading', { name: 'Subscriptions', exact: true }).waitFor()
  return visitor
}

async function framed(visitor: Visitor, host: HostPage, body: object): Promise<Frame> {
  host.show(await portalLink(stage.server.api, { tenant: 'acme', ...body }))
  await visitor.page.goto(host.origin)
  const frame = await (await visitor.page.waitForSelector('iframe')).contentFrame()
  assert.ok(frame !== null)
  return frame
}

test('in a frame of an allowed origin one makes a subscription and sees what arrives, in the colours of the application', async () => {
  const visitor = await Visitor.at(stage.browser, stage.server.url, { origins: [app.origin] })
  const theme = { accent: '#ffd400', mode: 'dark', logo_url: PIXEL }
  const frame = await framed(visitor, app, { scope: 'manage', user: 'Ada', theme })
  await frame.getByText('Warehouse').waitFor()
  assert.equal(new URL(frame.url()).pathname + new URL(frame.url()).search, '/portal/subscriptions')
  assert.equal(await frame.getByRole('link', { name: 'Acme & Söhne' }).getByRole('img').count(), 1)
  assert.deepEqual(
    await frame.evaluate(() => {
      const { dataset, style } = document.documentElement
      return [dataset.theme, style.getPropertyValue('--accent').includes('#ffd400'), { ...localStorage }]
    }),
    ['dark', true, {}],
  )
  const places = await frame.getByRole('navigation').getByRole('link').allTextContents()
  assert.deepEqual(places, ['Subscriptions', 'Events', 'Deliveries', 'Dead letters', 'Event types'])

  await frame.getByRole('link', { name: 'New subscription' }).first().click()
  await frame.getByLabel('Name').fill('From the portal')
  await frame.getByLabel('URL', { exact: true }).fill(`${stage.target.url}portal`)
  await frame.getByLabel('Event types').fill('order.*')
  await frame.getByLabel('Owner’s e-mail').fill('no address')
  await frame.getByRole('button', { name: 'Create subscription' }).click()
  await frame.getByText('must be an e-mail address').waitFor()
  await frame.getByLabel('Owner’s e-mail').fill('ada@acme.example')
  await frame.getByRole('button', { name: 'Create subscription' }).click()
  await frame.getByRole('button', { name: 'I have copied it' }).click()
  await frame.getByRole('heading', { name: 'From the portal' }).waitFor()
  await frame.getByText('ada@acme.example').waitFor()
  await frame.getByRole('button', { name: 'Send a test' }).click()
  await frame.getByText('Status 200').waitFor()
  await frame.getByRole('button', { name: 'Close', exact: true }).click()
  const made = await stage.server.api
    .forTenant('acme')
    .all<{ name: string; owner_email: string }>('/subscriptions')
  assert.ok(
    made.some(({ name, owner_email }) => name === 'From the portal' && owner_email === 'ada@acme.example'),
  )
  const log = await stage.server.api
    .forTenant('acme')
    .all<{ actor: { name: string } }>('/audit?actor=portal&action=subscription.created')
  assert.deepEqual(
    log.map(({ actor }) => actor.name),
    ['Ada'],
  )
  await leaveExpecting(visitor, [/^answered POST \S+\/subscriptions 400$/])
})

/** What the page around the frame is answered is judged by the test that asks for it. */
async function leaveExpecting(visitor: Visitor, expected: readonly RegExp[]): Promise<void> {
  const found = await visitor.leave().then(
    () => [],
    (error: { actual: string[] }) => error.actual,
  )
  assert.deepEqual(
    found.filter((one) => !expected.some((pattern) => pattern.test(one))),
    [],
  )
}

test('an origin that is not allowed has nothing in its frame, and the console is in nobody’s', async () => {
  const visitor = await Visitor.at(stage.browser, stage.server.url, {
    origins: [stranger.origin, app.origin],
  })
  const refused: string[] = []
  visitor.page.on('console', (message) => refused.push(message.text()))
  const frame = await framed(visitor, stranger, { scope: 'manage' })
  await until('the browser has refused it', () => refused.some((text) => text.includes('frame-ancestors')))
  assert.equal(await frame.getByText('Warehouse').count(), 0)

  refused.length = 0
  app.show(`${stage.server.url}/`)
  await visitor.page.goto(app.origin)
  await until('the console is refused', () => refused.some((text) => text.includes("frame-ancestors 'none'")))
  await assert.rejects(visitor.leave(), /frame-ancestors/)
})

test('who may only look is shown nothing to press, and reads no more than what is the tenant’s', async () => {
  const visitor = await enter({ scope: 'view' }, { expected: [/ 40[034]$/] })
  const { page } = visitor
  const never = /New|Edit|Publish|Replay|Retry|Send a test|Pause|Rotate|Delete|Cancel|Drop|Copy as curl$/
  const seen: string[] = []
  const look = async () => {
    await visitor.settled()
    const pressed = await page.locator('main').getByRole('button', { name: never }).allTextContents()
    const links = await page
      .locator('main')
      .getByRole('link', { name: /New|Edit|Publish|Make a/ })
      .allTextContents()
    assert.deepEqual([...pressed, ...links], [], page.url())
    seen.push(await page.content())
  }
  await look()
  await page.getByRole('link', { name: 'Warehouse' }).first().click()
  await page.getByRole('heading', { name: 'Warehouse' }).waitFor()
  await look()
  for (const place of ['Events', 'Deliveries', 'Dead letters', 'Event types']) {
    await page.getByRole('navigation').getByRole('link', { name: place }).click()
    await page.getByRole('heading', { name: place, exact: true }).waitFor()
    await look()
  }
  await visitor.open(`/portal/events/${event}`)
  await page.getByRole('heading', { name: 'order.made' }).waitFor()
  await look()
  for (const path of ['keys', 'audit', 'tenants', 'publish', 'alerts', 'sources']) {
    await visitor.open(`/portal/${path}`)
    await visitor.sees('There is no such page')
  }
  await visitor.open('/portal/subscriptions/new')
  await visitor.sees('You may look here, not change.')
  assert.ok(!seen.join().includes('rival'))
  assert.ok(!seen.join().includes('phk_'))
  await visitor.leave()
})

interface Asked {
  readonly id: OperationId
  readonly method: string
  readonly path: string
}

/** From the page itself, with its cookie and the header that it sends. */
async function statuses(
  page: Page,
  asked: readonly Asked[],
  headers: Record<string, string>,
): Promise<number[]> {
  return await page.evaluate(
    async ([list, more]) => {
      const found: number[] = []
      for (const { method, path } of list) {
        const init = { method, headers: { 'posthorn-console': 'portal', ...more } }
        found.push((await fetch(path, init)).status)
      }
      return found
    },
    [asked, headers] as const,
  )
}

for (const scope of ['view', 'manage'] as const)
  test(`every call that a session of the scope ${scope} may not make is refused, from its own page too`, async () => {
    const visitor = await enter({ scope }, { expected: [/ (?:40[0-9]|415|422)$/] })
    const asked = (Object.keys(OPERATIONS) as OperationId[])
      .filter(
        (id) =>
          (CONTRACT[id] as Operation).scopes !== null && (CONTRACT[id] as Operation).media === undefined,
      )
      // It would end what is tried here.
      .filter((id) => id !== 'deleteCurrentSession')
      .map((id): Asked => {
        const [method = '', path = ''] = OPERATIONS[id].split(' ')
        return { id, method, path: path.replaceAll(/\{\w+\}/g, 'nothing') }
      })
    const found = await statuses(visitor.page, asked, {})
    const refused: OperationId[] = asked.filter((_, index) => found[index] === 403).map(({ id }) => id)
    const never: readonly OperationId[] = [
      ...(['listKeys', 'createKey', 'revokeKey', 'listTenants', 'createTenant', 'deleteTenant'] as const),
      ...(['publishEvent', 'createSource', 'updateSource', 'deleteSource', 'createPortalSession'] as const),
      ...(['listAlertRules', 'createAlertRule', 'deleteAlertRule', 'createEventType'] as const),
    ]
    const changes: readonly OperationId[] = [
      ...(['createSubscription', 'updateSubscription', 'deleteSubscription', 'testSubscription'] as const),
      ...(['replaySubscription', 'replayEvent', 'retryDelivery', 'cancelDelivery', 'startBulk'] as const),
    ]
    assert.deepEqual(
      never.filter((id) => !refused.includes(id)),
      [],
    )
    assert.deepEqual(
      changes.filter((id) => refused.includes(id) !== (scope === 'view')),
      [],
    )
    assert.deepEqual(
      ['listSubscriptions', 'listEvents', 'listDeliveries'].filter((id) =>
        refused.includes(id as OperationId),
      ),
      [],
    )
    // Whoever names another tenant is told that there is none, or that it may not be.
    const others = await statuses(visitor.page, asked, { 'posthorn-tenant': 'rival' })
    assert.deepEqual(
      asked.filter((_, index) => ![403, 404].includes(others[index] ?? 0)).map(({ id }) => id),
      [],
    )
    // And by the header of the console its cookie is nobody's.
    const console_ = await statuses(visitor.page, asked, { 'posthorn-console': '1' })
    assert.deepEqual(
      asked.filter((_, index) => ![401, 403].includes(console_[index] ?? 0)).map(({ id }) => id),
      [],
    )
    await visitor.leave()
  })

test('a link works once, and its end is told plainly', async () => {
  const { api } = stage.server
  const { id, key } = await api
    .forTenant('acme')
    .post<{ id: string; key: string }>('/keys', { name: 'shop', scope: 'tenant' }, 201)
  const url = await portalLink(stage.server.apiAs(key), { tenant: 'acme', scope: 'view', expires_in_s: 120 })
  const visitor = await Visitor.at(stage.browser, stage.server.url, { expected: [/ 401$/] })
  const page = await visitor.open('/portal')
  await visitor.sees('This page needs a link')
  await page.goto(url)
  await visitor.sees('This page closes in 2 min.')
  await page.reload()
  await visitor.sees('Warehouse')
  const late = await Visitor.at(stage.browser, stage.server.url, { expected: [/ 401$/] })
  await late.page.goto(url)
  await late.sees('This link does not work any more')
  await late.leave()

  await api.call('DELETE', `/keys/${id}`, { status: 200 })
  await page.getByRole('link', { name: 'Events' }).click()
  await visitor.sees('Your visit has ended')
  assert.equal(await page.getByText('Warehouse').count(), 0)
  await visitor.leave()

  const other = await enter({ scope: 'view' }, { expected: [/ 401$/] })
  await other.press('Leave')
  await other.sees('You have left')
  await other.page.reload()
  await other.sees('This page needs a link')
  await other.leave()
})

test('an administrator makes a link in the console, shown once, and stays who they are where it is opened', async () => {
  const visitor = await stage.visit({ expected: [/POST \S+\/portal-sessions 400$/] })
  const page = await visitor.open('/tenants')
  await page.getByRole('button', { name: 'More on acme' }).click()
  await page.getByRole('menuitem', { name: 'Portal link' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('How it looks').click()
  await dialog.getByLabel('Accent').fill('green')
  await dialog.getByRole('button', { name: 'Make a link' }).click()
  await dialog.getByText('must be a colour such as #1a7f37').first().waitFor()
  await dialog.getByLabel('Accent').fill('#1a7f37')
  await dialog.getByLabel('User').fill(HOSTILE.slice(0, -1))
  await dialog.getByRole('button', { name: 'Make a link' }).click()
  const url = (await dialog.locator('pre').textContent()) ?? ''
  assert.match(url, /\/portal\/enter\?token=phl_/)
  await visitor.press('I have copied it')
  assert.ok(!(await page.content()).includes('phl_'))
  const tab = await visitor.context.newPage()
  await tab.goto(url)
  await tab.getByText('Warehouse').first().waitFor()
  await page.reload()
  await page.getByRole('heading', { name: 'Tenants', exact: true }).waitFor()
  await tab.reload()
  await tab.getByText('Warehouse').first().waitFor()
  assert.equal(await tab.locator('img[src="x"]').count(), 0)
  await visitor.leave()
})

// Of each theme the accent that is hardest to see in it.
for (const [mode, accent] of [
  ['light', '#ffee00'],
  ['dark', '#101010'],
] as const)
  test(`axe finds no serious fault in the ${mode} portal; on a narrow screen nothing is too wide`, async () => {
    const visitor = await enter({ scope: 'manage', theme: { accent, mode } })
    const { page } = visitor
    const found: string[] = []
    const { api } = stage.server
    const [made] = await api.forTenant('acme').all<{ id: string }>('/subscriptions')
    const [delivery] = await api.forTenant('acme').all<{ id: string }>('/deliveries')
    for (const path of [
      ...[
        'subscriptions',
        'subscriptions/new',
        `subscriptions/${made?.id}`,
        `subscriptions/${made?.id}/edit`,
      ],
      ...['events', `events/${event}`, 'deliveries', `deliveries/${delivery?.id}`, 'dead-letters'],
      ...['event-types', 'nowhere'],
    ]) {
      await visitor.open(`/portal/${path}`)
      await page.locator('h1').waitFor()
      found.push(...(await faults(page, path)))
    }
    await page.setViewportSize({ width: 390, height: 800 })
    const over = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    )
    assert.ok(over <= 0, `${over} px too wide`)
    assert.equal(await page.locator('img[src="x"]').count(), 0)
    assert.deepEqual(found, [])
    await visitor.leave()
  })

/** Who may see what in the console: signing in and out, scopes, tenants, keys, the audit log. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Run } from '../support/server.ts'
import { until } from '../support/until.ts'
import { leaveAlone } from './support/held.ts'
import { type Stage, setStage } from './support/stage.ts'
import { Visitor } from './support/visitor.ts'

let stage: Stage
before(async () => {
  stage = await setStage()
})
after(() => stage?.close())

test('a wrong key is refused in words, a right one becomes a session that a reload keeps and sign-out ends', async () => {
  const { browser, server } = stage
  const visitor = await Visitor.at(browser, server.url)
  const page = await visitor.open('/events?event_type=user.*')
  await page.getByLabel('API key').fill('phk_wrong')
  await visitor.press('Sign in')
  await visitor.sees('The API key is unknown or was revoked.')
  await page.getByLabel('API key').fill(server.key)
  await visitor.press('Sign in')
  // One is where one wanted to be.
  await page.getByRole('heading', { name: 'Events', exact: true }).waitFor()
  assert.equal(await page.getByLabel('Event type').inputValue(), 'user.*')
  await page.reload()
  await page.getByRole('heading', { name: 'Events', exact: true }).waitFor()

  const [cookie] = await visitor.context.cookies()
  assert.equal(cookie?.httpOnly, true)
  assert.equal(cookie?.sameSite, 'Strict')
  const kept = await page.evaluate(
    () => JSON.stringify({ ...localStorage, ...sessionStorage }) + location.href,
  )
  assert.ok(!kept.includes(server.key) && !kept.includes(cookie?.value ?? ''), kept)

  await visitor.press('Session')
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.getByLabel('API key').waitFor()
  await page.reload()
  await page.getByLabel('API key').waitFor()
  await visitor.leave()
})

test('a link that names a tenant leads there, whatever was looked at before, also through the sign-in', async () => {
  const { browser, server } = stage
  await server.api.post('/tenants', { slug: 'linked', name: 'Linked' }, 201)
  const visitor = await Visitor.at(browser, server.url, { expected: [/tenants\/nobody 404$/] })
  const page = await visitor.open('/events?event_type=user.*&tenant=linked')
  await page.getByLabel('API key').fill(server.key)
  await visitor.press('Sign in')
  await page.getByRole('button', { name: 'Tenant: linked' }).waitFor()
  assert.equal(new URL(page.url()).search, '?event_type=user.*')
  await visitor.open('/?tenant=default')
  await page.getByRole('button', { name: 'Tenant: default' }).waitFor()
  await visitor.open('/events?tenant=nobody')
  await page.getByRole('button', { name: 'Tenant: default' }).waitFor()
  await visitor.leave()
})

test('who may only read sees no button that changes something, and nothing of the operator', async () => {
  const { key } = await stage.server.api.post<{ key: string }>('/keys', { name: 'eye', scope: 'read' }, 201)
  const visitor = await stage.visit({ key })
  const { page } = visitor
  await page.getByRole('link', { name: 'Subscriptions' }).click()
  await page.getByRole('heading', { name: 'Subscriptions', exact: true }).waitFor()
  await visitor.sees('No subscriptions yet')
  assert.equal(await page.getByRole('link', { name: 'New subscription' }).count(), 0)
  const places = await page.getByRole('navigation', { name: 'Pages' }).getByRole('link').allTextContents()
  assert.ok(
    !places.includes('Keys') && !places.includes('Tenants') && places.includes('Events'),
    String(places),
  )
  await visitor.leave()
})

test('a session ends when its key is revoked, and the page says so', async () => {
  const made = await stage.server.api.post<{ id: string; key: string }>(
    '/keys',
    { name: 'brief', scope: 'tenant' },
    201,
  )
  const visitor = await stage.visit({ key: made.key, expected: [/ 401$/] })
  await visitor.open('/subscriptions')
  await visitor.sees('No subscriptions yet')
  await stage.server.api.call('DELETE', `/keys/${made.id}`, { status: 200 })
  await visitor.page.getByRole('link', { name: 'Events', exact: true }).click()
  await visitor.sees('Your session has ended. Sign in again.')
  await visitor.leave()
})

test('a session in which nobody does anything ends while its page is open; signed in again one is where one was', async () => {
  const visitor = await stage.visit({ expected: [/ 401$/] })
  const page = await visitor.open('/deliveries?state=dead&span=7d')
  await visitor.sees('Nothing fits these filters.')
  leaveAlone(stage.server.dataDir, 31 * 60_000)
  await page.getByLabel('State').selectOption('delivered')
  await visitor.sees('Your session has ended. Sign in again.')
  assert.equal(await page.getByText('Nothing fits these filters.').count(), 0)
  await page.getByLabel('API key').fill(stage.server.key)
  await visitor.press('Sign in')
  await page.getByRole('heading', { name: 'Deliveries', exact: true }).waitFor()
  assert.equal(await page.getByLabel('State').inputValue(), 'delivered')
  assert.match(page.url(), /\/deliveries\?state=delivered&span=7d$/)
  await visitor.leave()
})

test('a key that may only publish is told that it opens no page', async () => {
  const { key } = await stage.server.api.post<{ key: string }>(
    '/keys',
    { name: 'shop', scope: 'publish' },
    201,
  )
  const visitor = await Visitor.at(stage.browser, stage.server.url)
  const page = await visitor.open('/')
  await page.getByLabel('API key').fill(key)
  await visitor.press('Sign in')
  await visitor.sees('This key may only publish events')
  assert.deepEqual(await visitor.context.cookies(), [])
  await visitor.leave()
})

test('an administrator makes a tenant, works on it, makes a key that is shown once and revokes it; the log tells it', async () => {
  const visitor = await stage.visit({ expected: [/POST \S+\/tenants 400$/] })
  const page = await visitor.open('/tenants')
  await visitor.press('New tenant')
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Slug').fill('Acme!')
  await dialog.getByRole('button', { name: 'Create' }).click()
  await dialog.getByText('a slug of 1 to 63 small letters', { exact: false }).first().waitFor()
  await dialog.getByLabel('Slug').fill('acme')
  await dialog.getByLabel('Name').fill('Acme & Söhne')
  await dialog.getByRole('button', { name: 'Create' }).click()
  await page.getByRole('button', { name: 'Acme & Söhne' }).click()
  await page.getByRole('button', { name: 'Tenant: acme' }).waitFor()

  await page.getByRole('link', { name: 'Keys' }).click()
  await visitor.press('New key')
  await dialog.getByLabel('Name').fill('web shop')
  await dialog.getByRole('button', { name: 'Create' }).click()
  const key = await dialog.locator('pre').textContent()
  assert.match(key ?? '', /^phk_/)
  await visitor.press('I have copied it')
  await visitor.sees('web shop')
  assert.ok(!(await page.content()).includes(key ?? '?'))
  const { tenant_id } = (await stage.server.apiAs(key).call<{ tenant_id?: string }>('GET', '/keys')).body
  assert.equal(tenant_id, undefined)
  await visitor.press('Revoke')
  await dialog.getByRole('button', { name: 'Revoke' }).click()
  await visitor.sees('revoked')

  await page.getByRole('link', { name: 'Audit log' }).click()
  await page.getByRole('button', { name: 'key.revoked' }).click()
  await dialog.getByText('revoked_at').waitFor()
  await visitor.leave()
})

test('what one tenant has is not seen while another is worked on', async () => {
  const { api } = stage.server
  await api.post('/tenants', { slug: 'other', name: 'Other' }, 201)
  await api.forTenant('other').post('/events', { event_type: 'secret.of_other', data: 1 }, 202)
  const visitor = await stage.visit()
  const page = await visitor.open('/events')
  const choose = async (from: string, to: string) => {
    await page.getByRole('button', { name: `Tenant: ${from}` }).click()
    await page.getByRole('menuitem', { name: to }).click()
    await page.getByRole('button', { name: `Tenant: ${to}` }).waitFor()
  }
  await page.getByRole('button', { name: 'Tenant: other' }).waitFor()
  await visitor.sees('secret.of_other')
  await choose('other', 'default')
  await visitor.sees('No events yet')
  assert.equal(await page.getByText('secret.of_other').count(), 0)
  // The choice is remembered.
  await page.reload()
  await page.getByRole('button', { name: 'Tenant: default' }).waitFor()
  await visitor.leave()
})

test('at posthorn dev on this machine one is signed in at once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-dev-'))
  const run = new Run(['dev', '--no-tour', '--port', '0', '--data-dir', folder])
  const [, url = ''] = await until('it listens', () => /listens on (http:\S+),/.exec(run.stdout))
  const visitor = await Visitor.at(stage.browser, url)
  const page = await visitor.open('/')
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  await page.getByRole('button', { name: 'Tenant: demo' }).waitFor()
  await visitor.leave()
  run.kill('SIGKILL')
  await run.exited
  rmSync(folder, { recursive: true })
})

// The last one: it uses up what one address may try.
test('after ten wrong keys within a minute one is told how long to wait, and the field keeps what was typed', async () => {
  const visitor = await Visitor.at(stage.browser, stage.server.url, { expected: [/\/sessions 429$/] })
  const page = await visitor.open('/')
  const told = page.getByRole('alert').getByText(/Wait \d+ s\./)
  await until('too many', async () => {
    await page.getByLabel('API key').fill('phk_wrong')
    await Promise.all([
      page.waitForResponse((response) => response.url().endsWith('/sessions')),
      visitor.press('Sign in'),
    ])
    await page.getByRole('alert').waitFor()
    return (await told.count()) > 0
  })
  assert.match(
    (await told.textContent()) ?? '',
    /^There were 10 wrong keys within a minute from this address\./,
  )
  assert.equal(await page.getByLabel('API key').inputValue(), 'phk_wrong')
  await visitor.leave()
})

/** Alerts in the console: rules made, changed and deleted; one that opens, is counted in the menu, and is over. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { until } from '../support/until.ts'
import { faults } from './support/axe.ts'
import { type Stage, setStage } from './support/stage.ts'

const HOSTILE = '<img src=x onerror=alert(1)>\u202e'
/** The server looks at all rules every 15 s. */
const A_LOOK = { timeoutMs: 40_000 }

interface Rule {
  readonly id: string
  readonly name: string
  readonly when: { readonly kind: string; readonly above: number | null; readonly source_id: string | null }
  readonly emails: readonly string[]
  readonly slack_hosts: readonly string[]
  readonly active: boolean
}

let stage: Stage
before(async () => {
  stage = await setStage()
})
after(() => stage?.close())

/** Without a tenant a rule of an administrator is the operator's. */
const tenantApi = () => stage.server.api.forTenant('default')
const rules = () => tenantApi().all<Rule>('/alert-rules')

test('a rule is made with what is wrong told at its fields, then changed, and deleted', async () => {
  await tenantApi().post('/sources', { slug: 'shop', provider: 'github', secrets: ['s'.repeat(20)] }, 201)
  const visitor = await stage.visit({ expected: [/POST \S+\/alert-rules 4(?:00|22)$/] })
  const page = await visitor.open('/alerts')
  await visitor.sees('No alerts')
  await page.getByRole('link', { name: 'New rule' }).click()
  await page.getByLabel('Name').fill('Much fails')
  await page.getByLabel('More than so many per cent').fill('200')
  await page.getByLabel('E-mail addresses').fill('ops@example.com\nnobody')
  await visitor.press('Create rule')
  await visitor.sees('It was not saved: see what is said at the fields.')
  for (const [label, words] of [
    ['More than so many per cent', /99\.9/],
    ['E-mail addresses', /Entry 2 must be an e-mail address/],
  ] as const)
    assert.match(
      (await page.locator('.field', { hasText: label }).locator('.field-error').textContent()) ?? '',
      words,
    )

  await page.getByLabel('More than so many per cent').fill('20')
  await page.getByLabel('E-mail addresses').fill('ops@example.com')
  await page.getByLabel('Slack-compatible URLs').fill('ftp://example.com')
  await visitor.press('Create rule')
  await page.locator('.field', { hasText: 'Slack-compatible URLs' }).locator('.field-error').waitFor()
  await page.getByLabel('Slack-compatible URLs').fill('https://hooks.slack.com/services/T0/B0/secret')
  const preview = page.getByRole('region', { name: 'What it would say' })
  await preview.getByText('more than 20 % of at least 10 attempts within 5 min fail').waitFor()
  await preview.getByText('“Alert: Much fails (attempts fail)”').waitFor()
  await preview.getByText('1 e-mail address, 1 Slack-compatible URL').waitFor()
  await visitor.press('Create rule')
  await page.getByRole('link', { name: 'Much fails' }).click()
  await visitor.sees('It has 1, at hooks.slack.com.')
  assert.ok(!(await page.content()).includes('B0/secret'))

  await page.getByLabel('Tell when').selectOption('source_silent')
  await page.getByLabel('For more than so many seconds').fill('3600')
  await page.getByLabel('Source').selectOption({ label: 'shop' })
  await visitor.press('Save')
  // The list of rules again: the preview of the form says the same words before it is saved.
  await page.getByRole('link', { name: 'Much fails' }).waitFor()
  await visitor.sees('no event has come for more than 1 h')
  const [changed] = await rules()
  assert.deepEqual(
    [changed?.when.kind, changed?.when.above, changed?.emails, changed?.slack_hosts],
    ['source_silent', 3600, ['ops@example.com'], ['hooks.slack.com']],
  )
  await page.getByRole('link', { name: 'Much fails' }).click()
  await page.getByLabel('Remove these URLs').check()
  await page.getByLabel('It is looked at').uncheck()
  await visitor.press('Save')
  await page.getByRole('link', { name: 'Much fails' }).waitFor()
  await visitor.sees('off')
  assert.deepEqual(
    (await rules()).map(({ slack_hosts, active }) => [slack_hosts, active]),
    [[[], false]],
  )
  await page.getByRole('link', { name: 'Much fails' }).click()
  await visitor.press('Delete')
  await page
    .getByRole('alertdialog')
    .or(page.getByRole('dialog'))
    .getByRole('button', { name: 'Delete' })
    .click()
  await visitor.sees('No rules yet')
  assert.deepEqual(await rules(), [])
  await visitor.leave()
})

test('an alert that opens is counted in the menu and told with its cause, names as what they are; then it is over', async () => {
  const api = tenantApi()
  stage.target.answer({ status: 500 })
  const { id } = await api.post<{ id: string }>(
    '/subscriptions',
    { name: HOSTILE, url: stage.target.url, events: ['*'], retry: [] },
    201,
  )
  const when = { kind: 'dead_letters', above: 0, subscription_id: id }
  const rule = { name: HOSTILE, when, hold_s: 0, clear_s: 0 }
  await api.post('/alert-rules', rule, 201)
  await api.post('/events', { event_type: 'order.made', data: 1 }, 202)
  await until('it is open', async () => (await api.all('/alerts?state=open')).length === 1, A_LOOK)

  const visitor = await stage.visit()
  const page = await visitor.open('/alerts')
  await page
    .getByRole('navigation', { name: 'Pages' })
    .getByRole('link', { name: /Alerts 1/ })
    .waitFor()
  await page.getByRole('button', { name: 'onerror=alert(1)' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('There are 1 dead letters. The limit is 0.').waitFor()
  await dialog.getByRole('link', { name: 'onerror=alert(1)' }).waitFor()
  assert.ok((await dialog.textContent())?.includes('\\u202e'))
  assert.deepEqual(await faults(page, 'an alert'), [])
  assert.equal(await page.locator('img[src="x"]').count(), 0)
  await page.keyboard.press('Escape')

  await api.call('DELETE', `/subscriptions/${id}`, { status: 204 })
  const [made] = await rules()
  await api.call('DELETE', `/alert-rules/${made?.id}`, { status: 204 })
  await until('it is over', async () => (await api.all('/alerts?state=open')).length === 0, A_LOOK)
  await page.reload()
  await page.getByRole('table').getByText('closed').waitFor()
  assert.equal(await page.locator('.nav-count').count(), 0)
  await page.getByLabel('State').selectOption('open')
  await visitor.sees('Nothing fits this filter.')
  await visitor.leave()
})

test('who may only read sees alerts and rules, and no button that changes them', async () => {
  const { key } = await tenantApi().post<{ key: string }>('/keys', { name: 'eye', scope: 'read' }, 201)
  await tenantApi().post('/alert-rules', { name: 'Seen', when: { kind: 'dead_letters', above: 5 } }, 201)
  const visitor = await stage.visit({ key })
  const page = await visitor.open('/alerts/rules')
  await page.getByRole('link', { name: 'Seen' }).click()
  await visitor.sees('Tells when there are more than 5 dead letters.')
  assert.equal(await page.getByRole('button', { name: /Save|Delete/ }).count(), 0)
  await visitor.open('/alerts/rules/new')
  assert.equal(await page.getByRole('button', { name: 'Create rule' }).count(), 0)
  await visitor.leave()
})

test('the operator has rules of their own over all tenants: made, changed, deleted, with the alerts of all beside', async () => {
  const { api } = stage.server
  await api.post('/tenants', { slug: 'acme', name: 'Acme' }, 201)
  const acme = api.forTenant('acme')
  stage.target.answer({ status: 500 })
  const { id } = await acme.post<{ id: string }>(
    '/subscriptions',
    { name: 'Shop of Acme', url: stage.target.url, events: ['*'], retry: [] },
    201,
  )
  const when = { kind: 'dead_letters', above: 0, subscription_id: id }
  await acme.post('/alert-rules', { name: 'Of Acme', when, hold_s: 0, clear_s: 0 }, 201)
  await acme.post('/events', { event_type: 'order.made', data: 1 }, 202)

  const visitor = await stage.visit({ expected: [/POST \S+\/alert-rules 4(?:00|22)$/] })
  const { page } = visitor
  await page.getByRole('link', { name: 'All alerts' }).click()
  await page.getByRole('heading', { name: 'Alerts of all tenants' }).waitFor()
  await page.getByRole('link', { name: 'New rule' }).click()
  await page.getByLabel('Name').fill('Anybody’s dead letters')
  await page.getByLabel('Tell when').selectOption('dead_letters')
  await page.getByLabel('More than so many').fill('0')
  await page.getByText('How long it must last').click()
  await page.getByLabel('It must last, s').fill('0')
  await page.getByLabel('Id of the subscription').fill('sub_nothing')
  await visitor.sees('To nobody: it only stands on this page.')
  await visitor.press('Create rule')
  await page.locator('.field', { hasText: 'Id of the subscription' }).locator('.field-error').waitFor()
  await page.getByLabel('Id of the subscription').fill('')
  await visitor.press('Create rule')

  const rules = page.getByRole('table', { name: 'Alert rules' })
  const row = (name: string) => rules.getByRole('row').filter({ hasText: name })
  assert.match((await row('Anybody’s dead letters').textContent()) ?? '', /the operator.*nobody/)
  assert.match((await row('Of Acme').textContent()) ?? '', /acme/)
  await page.getByRole('link', { name: 'Anybody’s dead letters' }).click()
  await page.getByLabel('E-mail addresses').fill('ops@example.com')
  await visitor.press('Save')
  await row('Anybody’s dead letters').getByText('1 e-mail address').waitFor()
  const made = await api.all<{ name: string; tenant_id: string | null; emails: string[] }>('/alert-rules')
  const own = made.filter(({ tenant_id }) => tenant_id === null)
  assert.deepEqual(
    own.map(({ name, emails }) => [name, emails]),
    [['Anybody’s dead letters', ['ops@example.com']]],
  )

  await page.getByRole('link', { name: 'Alerts of all tenants' }).click()
  const open = async () => (await api.all('/alerts?state=open')).length >= 2
  await until('both are open', open, A_LOOK)
  const alerts = page.getByRole('table', { name: 'Alerts' })
  await alerts.getByRole('row').filter({ hasText: 'the operator' }).waitFor()
  await page.getByRole('button', { name: 'Of Acme' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('link', { name: 'Shop of Acme' }).click()
  // What it is about is another tenant's than the one that was worked on.
  await page.getByRole('heading', { name: 'Shop of Acme' }).waitFor()
  await page.getByRole('button', { name: 'Tenant: acme' }).waitFor()

  await visitor.open('/operator/alerts/rules')
  await page.getByRole('link', { name: 'Anybody’s dead letters' }).click()
  await visitor.press('Delete')
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await row('Anybody’s dead letters').waitFor({ state: 'detached' })
  await row('Of Acme').waitFor()
  // A tenant sees its own, and the operator's nowhere.
  await visitor.open('/alerts/rules')
  await row('Of Acme').waitFor()
  assert.equal(await rules.getByText('the operator').count(), 0)
  stage.target.answer({})
  await visitor.leave()
})

test('the pages of the operator are nobody’s who has the key of a tenant', async () => {
  const { key } = await tenantApi().post<{ key: string }>('/keys', { name: 'own', scope: 'tenant' }, 201)
  const visitor = await stage.visit({ key })
  assert.equal(await visitor.page.getByRole('link', { name: 'All alerts' }).count(), 0)
  for (const path of ['/operator/alerts', '/operator/alerts/rules', '/operator/alerts/rules/new']) {
    await visitor.open(path)
    await visitor.sees('This is for an administrator’s key.')
  }
  await visitor.leave()
})

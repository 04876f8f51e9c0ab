import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CONTRACT } from '../../src/api/contract/contract.ts'
import type { Operation } from '../../src/api/contract/operation.ts'
import { OPERATIONS, type OperationId } from '../../src/api/contract/operations.ts'
import { PORTAL_OPERATIONS } from '../../src/api/contract/portal.ts'
import { ADMIN_KEY, cookieOf, type Desk, OWN_PAGE, openDesk } from './support/console.ts'

const PORTAL_PAGE = { 'posthorn-console': 'portal', 'sec-fetch-site': 'same-origin' }
const LINK_MS = 600_000

interface Link {
  readonly url: string
  readonly expires_at: string
  readonly link_expires_at: string
}

async function link(desk: Desk, body: object, key = ADMIN_KEY): Promise<Link> {
  const made = await desk.keyed('POST', '/portal-sessions', body, key)
  assert.equal(made.statusCode, 201, made.body)
  return made.json<Link>()
}

const pathOf = ({ url }: Link) => `root:${new URL(url).pathname}${new URL(url).search}`

/** @returns the cookie */
async function enter(desk: Desk, body: object, key = ADMIN_KEY): Promise<string> {
  const entered = await desk.ask('GET', pathOf(await link(desk, body, key)))
  assert.equal(entered.statusCode, 303, entered.body)
  return cookieOf(entered)
}

async function asked(desk: Desk, cookie: string, method: string, path: string, body?: unknown) {
  return await desk.ask(method, path, {
    headers: { ...PORTAL_PAGE, cookie },
    ...(body === undefined ? {} : { body }),
  })
}

test('a link works once, leaves no token in the address, and becomes a session of its tenant', async (t) => {
  const desk = await openDesk(t, { publicUrl: 'https://hooks.example.com' })
  await desk.tenant('acme')
  const theme = { logo_url: 'https://acme.example/logo.png', accent: '#1A7F37', mode: 'dark' }
  const wanted = { tenant: 'acme', scope: 'view', expires_in_s: 7200, user: 'Ada', theme }
  const made = await link(desk, wanted)
  const now = desk.clock.now()
  assert.match(made.url, /^https:\/\/hooks\.example\.com\/portal\/enter\?token=phl_[\w-]{43}$/)
  assert.equal(Date.parse(made.expires_at), now + 7_200_000)
  assert.equal(Date.parse(made.link_expires_at), now + LINK_MS)
  // Who looks ahead does not use it up.
  const ahead = await desk.ask('GET', pathOf(made), { headers: { 'sec-purpose': 'prefetch' } })
  assert.deepEqual([ahead.statusCode, ahead.headers['set-cookie']], [204, undefined])
  // Nor does a page of another site's that has it for a picture.
  for (const dest of ['image', 'script', 'empty', 'style', 'object', 'embed', 'worker', 'fencedframe']) {
    const hidden = await desk.ask('GET', pathOf(made), { headers: { 'sec-fetch-dest': dest } })
    assert.deepEqual([hidden.statusCode, hidden.headers['set-cookie']], [403, undefined], dest)
  }
  const [first, second] = await Promise.all([1, 2].map(() => desk.ask('GET', pathOf(made))))
  const entered = first?.statusCode === 303 ? first : second
  assert.deepEqual([first?.statusCode, second?.statusCode].toSorted(), [303, 401])
  assert.equal(entered?.headers.location, '/portal')
  assert.equal(entered?.headers['referrer-policy'], 'no-referrer')
  assert.match(
    String(entered?.headers['set-cookie']),
    /^__Host-posthorn_portal=phs_[\w-]{43}; Path=\/; HttpOnly; SameSite=None; Secure; Partitioned$/,
  )
  assert.ok(entered !== undefined)
  const cookie = cookieOf(entered)
  const session = (await asked(desk, cookie, 'GET', '/sessions/current')).json()
  assert.deepEqual(
    [session.scope, session.tenant.slug, session.expires_at, session.portal],
    ['read', 'acme', made.expires_at, { scope: 'view', user: 'Ada', theme: { ...theme, accent: '#1a7f37' } }],
  )
  assert.ok(!JSON.stringify(session).includes('configured admin key'))
  const log = (await desk.keyed('GET', `/audit?object=${session.id}`)).json().data
  assert.deepEqual(
    log.map((entry: { action: string; actor: { kind: string; name: string } }) => [
      entry.action,
      entry.actor.kind,
      entry.actor.name,
    ]),
    [
      ['session.opened', 'portal', 'Ada'],
      ['session.created', 'key', 'configured admin key'],
    ],
  )
  const stored = JSON.stringify(await desk.store.sessions.list({ tenantId: null, before: null, limit: 9 }))
  assert.ok(!/ph[ls]_/.test(stored + JSON.stringify(desk.log)))
  const ended = await asked(desk, cookie, 'DELETE', '/sessions/current')
  assert.match(String(ended.headers['set-cookie']), /^__Host-posthorn_portal=; .*Max-Age=0$/)
  assert.equal((await asked(desk, cookie, 'GET', '/sessions/current')).statusCode, 401)
})

test('a link is over after ten minutes, and the session when it said, or with its key or tenant', async (t) => {
  const desk = await openDesk(t)
  const { key, keyId } = await desk.tenant('acme')
  const wanted = { tenant: 'acme', scope: 'view', expires_in_s: 900 }
  const late = await link(desk, wanted)
  await desk.clock.advance(LINK_MS)
  const refused = await desk.ask('GET', pathOf(late))
  assert.equal(refused.statusCode, 401)
  assert.match(refused.body, /does not work any more/)
  for (const token of ['', '?token=', '?token=phl_x', '?token=a&token=b', `?token=phl_${'x'.repeat(5000)}`])
    assert.equal((await desk.ask('GET', `root:/portal/enter${token}`)).statusCode, 401, token)

  const status = async (cookie: string) => (await asked(desk, cookie, 'GET', '/sessions/current')).statusCode
  const byTime = await enter(desk, wanted)
  await desk.clock.advance(899_000)
  assert.equal(await status(byTime), 200)
  await desk.clock.advance(1_000)
  assert.equal(await status(byTime), 401)

  const byKey = await enter(desk, wanted, key)
  const unused = await link(desk, wanted, key)
  await desk.keyed('DELETE', `/keys/${keyId}`)
  assert.equal(await status(byKey), 401)
  assert.equal((await desk.ask('GET', pathOf(unused))).statusCode, 401)

  const byTenant = await enter(desk, wanted)
  assert.equal((await desk.keyed('DELETE', '/tenants/acme')).statusCode, 204)
  assert.equal(await status(byTenant), 401)
})

test('bad input, another tenant and keys that may not are refused', async (t) => {
  const desk = await openDesk(t)
  const { key: acme } = await desk.tenant('acme')
  const { key: reader } = await desk.tenant('third', 'read')
  await desk.tenant('other')
  const good = { tenant: 'acme', scope: 'view' }
  const post = async (body: unknown, key = acme) =>
    (await desk.keyed('POST', '/portal-sessions', body, key)).statusCode
  assert.equal(await post(good), 201)
  assert.equal(await post({ ...good, tenant: 'other' }), 404)
  assert.equal(await post({ ...good, tenant: 'nobody' }, ADMIN_KEY), 404)
  assert.equal(await post({ ...good, tenant: 'third' }, reader), 403)
  const logos = [
    'http://acme.example/logo.png',
    'javascript:alert(1)',
    'https://a:b@acme.example/',
    'data:image/svg+xml;base64,PHN2Zz4=',
    'data:text/html;base64,AAAA',
    `data:image/png;base64,${'A'.repeat(16_384)}`,
    'https://acme.example/"onerror=x y',
  ]
  const themes = [
    ...logos.map((logo_url) => ({ logo_url })),
    ...[{ accent: 'red' }, { accent: '#12345' }, { accent: '#12345g' }, { mode: 'pink' }, { css: '*{}' }],
  ]
  const wrong = [
    ...themes.map((theme) => ({ ...good, theme })),
    ...[{ scope: 'admin' }, { expires_in_s: 59 }, { expires_in_s: 86_401 }, { expires_in_s: 60.5 }].map(
      (field) => ({ ...good, ...field }),
    ),
    ...[{ ...good, user: 'a\u0000b' }, { scope: 'view' }, { tenant: 'acme' }, {}],
  ]
  for (const body of wrong) assert.equal(await post(body), 400, JSON.stringify(body).slice(0, 200))
  const logo_url = `data:image/png;base64,${'A'.repeat(1000)}`
  assert.equal(await post({ ...good, theme: { logo_url } }), 201)
})

/** Ways that need something to be there are answered 404 or 400 by those who may ask. */
const MAY = (status: number) => status !== 401 && status !== 403

for (const scope of ['view', 'manage'] as const)
  test(`over the whole contract a session of the scope ${scope} may what the table says`, async (t) => {
    const desk = await openDesk(t)
    await desk.tenant('acme')
    await desk.tenant('other')
    const cookie = await enter(desk, { tenant: 'acme', scope })
    const operations = (Object.keys(OPERATIONS) as OperationId[]).filter(
      (id) => (CONTRACT[id] as Operation).scopes !== null && id !== 'deleteCurrentSession',
    )
    const allowed: string[] = []
    for (const id of operations) {
      const [method = '', path = ''] = OPERATIONS[id].split(' ')
      if ((CONTRACT[id] as Operation).media === 'text/event-stream') continue
      const url = `root:${path.replaceAll(/\{\w+\}/g, 'sub_1')}`
      const { statusCode, body } = await asked(desk, cookie, method, url)
      const rule = PORTAL_OPERATIONS[id]
      const may = rule === 'view' || (rule === 'manage' && scope === 'manage')
      assert.equal(MAY(statusCode), may, `${id}: ${statusCode} ${body}`)
      if (may) allowed.push(id)
      // Nor another tenant's, by naming it.
      const named = { headers: { ...PORTAL_PAGE, cookie, 'posthorn-tenant': 'other' } }
      assert.ok([403, 404].includes((await desk.ask(method, url, named)).statusCode), id)
    }
    assert.ok(allowed.includes('listDeliveries'))
    assert.equal(allowed.includes('retryDelivery'), scope === 'manage')
    for (const never of ['createKey', 'listKeys', 'listTenants', 'createPortalSession', 'publishEvent'])
      assert.ok(!allowed.includes(never), never)
  })

test('what was changed in the portal is told as such, and its users see no other changes', async (t) => {
  const desk = await openDesk(t)
  await desk.tenant('acme')
  const cookie = await enter(desk, { tenant: 'acme', scope: 'manage', user: 'Ada' })
  const body = { name: 'CRM', url: 'http://127.0.0.1:9/in', events: ['*'] }
  assert.equal((await asked(desk, cookie, 'POST', '/subscriptions', body)).statusCode, 201)
  const seen = (await asked(desk, cookie, 'GET', '/audit')).json().data
  assert.deepEqual(
    seen.map((entry: { action: string; actor: object }) => [entry.action, entry.actor]),
    [
      ['subscription.created', { kind: 'portal', key_id: seen[0].actor.key_id, name: 'Ada' }],
      ['session.opened', { kind: 'portal', key_id: seen[0].actor.key_id, name: 'Ada' }],
    ],
  )
  assert.deepEqual((await asked(desk, cookie, 'GET', '/audit?actor=key')).json().data, seen)
})

test("the portal's session and an operator's in one browser stay apart", async (t) => {
  const desk = await openDesk(t)
  await desk.tenant('acme')
  const operator = await desk.signIn(ADMIN_KEY)
  const portal = await enter(desk, { tenant: 'acme', scope: 'view' })
  assert.match(portal, /^posthorn_portal=/)
  const both = `${operator}; ${portal}`
  const scopeOf = async (headers: Record<string, string>) =>
    (await desk.ask('GET', '/sessions/current', { headers: { ...headers, cookie: both } })).json().scope
  assert.equal(await scopeOf(OWN_PAGE), 'admin')
  assert.equal(await scopeOf(PORTAL_PAGE), 'read')
  // A text of one kind under the name of the other is nothing.
  const swapped = portal.replace('posthorn_portal', 'posthorn_session')
  assert.equal((await desk.paged(swapped, 'GET', '/sessions/current')).statusCode, 401)
  const other = operator.replace('posthorn_session', 'posthorn_portal')
  assert.equal((await asked(desk, other, 'GET', '/sessions/current')).statusCode, 401)
  // Another site has the cookie sent, but not the header.
  for (const headers of [{ 'sec-fetch-site': 'cross-site' }, {}] as Array<Record<string, string>>) {
    const response = await desk.ask('POST', '/subscriptions', {
      headers: { ...headers, 'posthorn-console': 'portal', cookie: portal },
      body: {},
    })
    assert.equal(response.json().code, 'csrf_refused')
  }
})

test('only pages of the origins that are configured may have the portal in a frame', async (t) => {
  const closed = await openDesk(t)
  const page = (desk: Desk, path: string) =>
    desk.ask('GET', `root:${path}`, { headers: { accept: 'text/html' } })
  const shut = await page(closed, '/portal')
  assert.match(String(shut.headers['content-security-policy']), /frame-ancestors 'none'$/)
  assert.equal(shut.headers['x-frame-options'], 'DENY')
  const open = await openDesk(t, { portalOrigins: ['https://app.example.com', 'https://b.example.com'] })
  for (const path of ['/portal', '/portal/deliveries/dlv_1']) {
    const { headers, statusCode } = await page(open, path)
    assert.equal(statusCode, 200)
    const policy = String(headers['content-security-policy'])
    assert.match(policy, /frame-ancestors 'self' https:\/\/app\.example\.com https:\/\/b\.example\.com$/)
    assert.match(policy, /^default-src 'none'; script-src 'self';/)
    assert.equal(headers['x-frame-options'], undefined)
    assert.equal(headers['referrer-policy'], 'no-referrer')
    assert.equal(headers['access-control-allow-origin'], undefined)
  }
  for (const path of ['/', '/portals']) {
    const { headers } = await page(open, path)
    assert.match(String(headers['content-security-policy']), /frame-ancestors 'none'$/)
    assert.equal(headers['x-frame-options'], 'DENY')
  }
})

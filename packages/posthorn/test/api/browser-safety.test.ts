/** What a browser may make of our answers, and what pages of others may make of a browser that is signed in here. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CONTRACT } from '../../src/api/contract/contract.ts'
import type { Operation } from '../../src/api/contract/operation.ts'
import { OPERATIONS, type OperationId } from '../../src/api/contract/operations.ts'
import { ADMIN_KEY, cookieOf, OWN_PAGE, openDesk } from './support/console.ts'
import { MARK, openScene, PORTAL_PAGE } from './support/two-tenants.ts'

const SCRIPT = '<script>alert(1)</script><img src=x onerror=alert(1)>'
const IDS = Object.keys(OPERATIONS) as OperationId[]

function pathOf(
  id: OperationId,
  ids: Readonly<Record<string, string>>,
): readonly [method: string, path: string] {
  const [method = '', path = ''] = OPERATIONS[id].split(' ')
  return [method, `root:${path.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(ids[name] ?? 'x'))}`]
}

test('no answer is a page that a stranger has written, or may be read by a page elsewhere', async (t) => {
  const { desk, mine } = await openScene(t)
  const published = { event_type: 'a.b', event_id: 'evil', data_text: SCRIPT, content_type: 'text/html' }
  assert.equal((await desk.keyed('POST', '/events', published, mine.key)).statusCode, 202)
  const cookie = await desk.signIn(mine.key)
  const origin = 'https://evil.example'
  const seen: string[] = []
  // What looks first: the rest deletes what there is.
  const inOrder = IDS.filter((one) => one !== 'live').toSorted((a, b) => looks(b) - looks(a))
  for (const id of inOrder) {
    const [method, path] = pathOf(id, { id: idFor(id, mine), name: SCRIPT, request_id: mine.request })
    for (const headers of [
      { accept: 'text/html,*/*', cookie, ...OWN_PAGE, origin },
      { accept: 'text/html,*/*', authorization: `Bearer ${ADMIN_KEY}`, origin },
    ]) {
      const answer = await desk.ask(method, path, { headers })
      const what = `${id}: ${answer.statusCode}`
      if (answer.statusCode < 300) seen.push(id)
      assert.equal(answer.headers['x-content-type-options'], 'nosniff', what)
      assert.equal(answer.headers['cache-control'], 'no-store', what)
      assert.doesNotMatch(String(answer.headers['content-type'] ?? ''), /html|xml|svg|javascript/, what)
      for (const name of Object.keys(answer.headers)) assert.ok(!name.startsWith('access-control-'), what)
    }
    const asks = {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': 'posthorn-console',
    }
    const before = await desk.ask('OPTIONS', path, { headers: asks })
    assert.ok(before.statusCode >= 400, `${id} answers a preflight`)
    assert.equal(before.headers['access-control-allow-origin'], undefined)
  }
  assert.ok(seen.includes('getRequestBody') && seen.includes('getEvent') && seen.includes('getRequest'))
  const body = await desk.keyed('GET', '/events/evil', undefined, mine.key)
  assert.match(String(body.headers['content-type']), /^application\/json; charset=utf-8$/)
})

const looks = (id: OperationId) => Number(OPERATIONS[id].startsWith('GET'))

function idFor(
  id: OperationId,
  mine: { event: string; delivery: string; source: string; subscription: string },
): string {
  if (OPERATIONS[id].includes('/events/')) return mine.event
  if (OPERATIONS[id].includes('/deliveries/')) return mine.delivery
  if (OPERATIONS[id].includes('/sources/')) return mine.source
  return mine.subscription
}

test('nothing changes by a cookie without word of our page: every operation, both cookies, every kind of form', async (t) => {
  const { desk, callers, mine } = await openScene(t)
  const cookies = callers.filter(({ headers }) => headers.cookie !== undefined).map(({ headers }) => headers)
  assert.equal(cookies.length, 3)
  const forms: ReadonlyArray<Record<string, string>> = [
    {},
    { 'content-type': 'text/plain' },
    { 'content-type': 'application/x-www-form-urlencoded' },
    { 'content-type': 'multipart/form-data; boundary=x' },
    { 'content-type': 'application/json', 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
    { 'content-type': 'application/json', 'sec-fetch-site': 'same-site' },
    { 'content-type': 'application/json', origin: 'null' },
  ]
  const unsafe = IDS.filter(
    (id) => !OPERATIONS[id].startsWith('GET') && (CONTRACT[id] as Operation).scopes !== null,
  )
  assert.ok(unsafe.length > 30)
  const before = await desk.keyed('GET', '/audit?limit=250')
  for (const id of unsafe)
    for (const { cookie = '', 'posthorn-console': page = '' } of cookies)
      for (const form of forms) {
        const [method, path] = pathOf(id, { id: idFor(id, mine), name: mine.type, request_id: mine.request })
        // Without the header nobody can send across sites; with it, who says where it comes from.
        const marked = form['content-type'] === 'application/json' ? { 'posthorn-console': page } : {}
        const answer = await desk.ask(method, path, {
          headers: { ...form, ...marked, cookie },
          payload: '{}',
        })
        const what = `${id} ${JSON.stringify(form)}: ${answer.statusCode} ${answer.body}`
        assert.ok([401, 403, 415].includes(answer.statusCode), what)
      }
  // A GET is a GET, whatever else it says it is.
  for (const [name, value] of [
    ['x-http-method-override', 'DELETE'],
    ['x-method-override', 'DELETE'],
    ['x-http-method', 'DELETE'],
  ] as const)
    for (const headers of cookies) {
      const path = `/subscriptions/${mine.subscription}`
      assert.equal((await desk.ask('GET', path, { headers: { ...headers, [name]: value } })).statusCode, 200)
      assert.equal((await desk.ask('GET', `${path}?_method=DELETE`, { headers })).statusCode, 400)
    }
  assert.deepEqual((await desk.keyed('GET', '/audit?limit=250')).json(), before.json())
})

test('what pages elsewhere make a browser ask is not answered, the stream neither', async (t) => {
  const { desk, callers } = await openScene(t)
  for (const { name, headers } of callers.filter((one) => one.headers.cookie !== undefined))
    for (const site of ['cross-site', 'same-site', 'bogus'])
      for (const path of [
        '/live',
        '/events',
        '/deliveries',
        '/overview',
        '/sessions/current',
        `/events?text=${MARK}`,
      ]) {
        const answer = await desk.ask('GET', path, { headers: { ...headers, 'sec-fetch-site': site } })
        assert.equal(answer.json<{ code: string }>().code, 'csrf_refused', `${name} ${path} ${site}`)
      }
})

test('cookies of any kind are a session or none, and never an error of ours', async (t) => {
  const desk = await openDesk(t)
  const cookie = await desk.signIn(ADMIN_KEY)
  const status = async (sent: string, page: Record<string, string> = OWN_PAGE) =>
    (await desk.ask('GET', '/sessions/current', { headers: { ...page, cookie: sent } })).statusCode
  assert.equal(await status(`a=b; ${cookie}; c`), 200)
  assert.equal(await status(`${cookie}; posthorn_session=other`), 200)
  const [, text = ''] = cookie.split('=')
  const wrong = [
    // Of two of a name the first counts, which a browser sends for the longest path.
    `posthorn_session=other; ${cookie}`,
    ...['%70osthorn_session', 'Posthorn_Session', 'posthorn_session '].map((name) => `x${name}=${text}`),
    `posthorn_session="${text}"`,
    `posthorn_session=${text}x`,
    `posthorn_session=${text.slice(0, -1)}`,
    `posthorn_session=phl_${text.slice(4)}`,
    `__Host-posthorn_session=${text}`,
    `posthorn_portal=${text}`,
    'posthorn_session',
    'posthorn_session=',
    ';;;===;;;',
    `posthorn_session=phs_${'A'.repeat(100_000)}`.slice(0, 9000),
    `${'a=b; '.repeat(1700)}${cookie}`,
    'posthorn_session=phs_\u00ff\u00fe',
  ]
  for (const sent of wrong) {
    assert.equal(await status(sent), 401, sent.slice(0, 80))
    assert.equal(await status(sent, PORTAL_PAGE), 401, sent.slice(0, 80))
  }
})

test('the text of a session and of a link has 256 bits, is told once and kept as its hash', async (t) => {
  const desk = await openDesk(t)
  await desk.tenant('acme')
  const texts = new Set<string>()
  for (let count = 0; count < 50; count += 1) {
    texts.add((await desk.signIn(ADMIN_KEY)).split('=')[1] ?? '')
    const made = await desk.keyed('POST', '/portal-sessions', { tenant: 'acme', scope: 'view' })
    const { pathname, search, searchParams } = new URL(made.json<{ url: string }>().url)
    texts.add(searchParams.get('token') ?? '')
    texts.add(cookieOf(await desk.ask('GET', `root:${pathname}${search}`)).split('=')[1] ?? '')
  }
  assert.equal(texts.size, 150)
  const kept = JSON.stringify([
    await desk.store.sessions.list({ tenantId: null, before: null, limit: 500 }),
    await desk.store.audit.list({ ...ANY, limit: 500 }),
    desk.log,
  ])
  for (const text of texts) {
    assert.equal(Buffer.from(text.slice(4), 'base64url').length, 32)
    assert.ok(!kept.includes(text))
  }
})

const ANY = {
  tenantId: null,
  action: null,
  actor: null,
  objectId: null,
  since: null,
  until: null,
  before: null,
}

import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { ADMIN_KEY, cookieOf, type Desk, OWN_PAGE, openDesk } from './support/console.ts'

const MINUTE_MS = 60_000

interface Session {
  readonly id: string
  readonly scope: string
  readonly tenant: { readonly slug: string } | null
  readonly key: { readonly id: string; readonly name: string }
  readonly expires_at: string
  readonly idle_expires_at: string
}

async function refusedWith(answer: ReturnType<Desk['ask']>, status: number, code: string): Promise<void> {
  const response = await answer
  assert.equal(response.statusCode, status, response.body)
  assert.equal(response.json<{ code: string }>().code, code)
}

test('a key becomes a session, which works in its place until it is signed out', async (t) => {
  const desk = await openDesk(t)
  const { key, keyId } = await desk.tenant('acme')
  const made = await desk.ask('POST', '/sessions', { headers: OWN_PAGE, body: { key } })
  assert.equal(made.statusCode, 201, made.body)
  const session = made.json<Session>()
  assert.deepEqual(
    [session.scope, session.tenant?.slug, session.key],
    ['tenant', 'acme', { id: keyId, name: 'of acme' }],
  )
  const now = desk.clock.now()
  assert.equal(Date.parse(session.expires_at), now + 12 * 60 * MINUTE_MS)
  assert.equal(Date.parse(session.idle_expires_at), now + 30 * MINUTE_MS)
  assert.match(
    String(made.headers['set-cookie']),
    /^posthorn_session=phs_[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
  )
  const cookie = cookieOf(made)
  assert.deepEqual((await desk.paged(cookie, 'GET', '/sessions/current')).json(), session)
  const type = await desk.paged(cookie, 'POST', '/event-types', { name: 'a.b' })
  assert.equal(type.statusCode, 201, type.body)
  await refusedWith(desk.paged(cookie, 'GET', '/tenants'), 403, 'forbidden')

  const out = await desk.paged(cookie, 'DELETE', '/sessions/current')
  assert.equal(out.statusCode, 204)
  assert.equal(out.headers['set-cookie'], 'posthorn_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0')
  await refusedWith(desk.paged(cookie, 'GET', '/sessions/current'), 401, 'unauthorized')
  await refusedWith(desk.paged(cookie, 'GET', '/event-types'), 401, 'unauthorized')
})

test("an admin's session names the tenant as an admin's key does; a key is no session", async (t) => {
  const desk = await openDesk(t)
  await desk.tenant('acme')
  const cookie = await desk.signIn(ADMIN_KEY)
  const headers = { ...OWN_PAGE, cookie, 'posthorn-tenant': 'acme' }
  await desk.ask('POST', '/event-types', { headers, body: { name: 'of.acme' } })
  const names = async (more: object) =>
    (await desk.ask('GET', '/event-types', { headers: { cookie, ...more } }))
      .json<{ data: Array<{ name: string }> }>()
      .data.map(({ name }) => name)
  assert.deepEqual(await names({ 'posthorn-tenant': 'acme' }), ['of.acme'])
  assert.deepEqual(await names({}), [])
  assert.equal((await desk.paged(cookie, 'GET', '/sessions/current')).json<Session>().tenant, null)
  for (const method of ['GET', 'DELETE'])
    await refusedWith(desk.keyed(method, '/sessions/current'), 401, 'unauthorized')
  // A key goes before a session, and needs nothing else.
  const both = { cookie, authorization: `Bearer ${ADMIN_KEY}`, 'sec-fetch-site': 'cross-site' }
  assert.equal(
    (await desk.ask('POST', '/event-types', { headers: both, body: { name: 'x.y' } })).statusCode,
    201,
  )
})

test('what changes something must come from a page of this server', async (t) => {
  const desk = await openDesk(t)
  const { key } = await desk.tenant('acme')
  const cookie = await desk.signIn(key)
  const own = 'http://posthorn.example.com'
  const refused: ReadonlyArray<Record<string, string>> = [
    {},
    { 'sec-fetch-site': 'same-origin' },
    { 'posthorn-console': '1' },
    { origin: own },
    { 'posthorn-console': '1', 'sec-fetch-site': 'same-site' },
    { 'posthorn-console': '1', 'sec-fetch-site': 'cross-site' },
    { 'posthorn-console': '1', 'sec-fetch-site': 'none' },
    { 'posthorn-console': '1', 'sec-fetch-site': 'cross-site', origin: own },
    { 'posthorn-console': '1', origin: 'http://evil.example.com' },
    { 'posthorn-console': '1', origin: 'http://posthorn.example.com.evil.com' },
    { 'posthorn-console': '1', origin: 'https://posthorn.example.com' },
    { 'posthorn-console': '1', origin: 'null' },
  ]
  for (const headers of refused) {
    const body = { name: 'stolen.type' }
    const shown = JSON.stringify(headers)
    const answer = await desk.ask('POST', '/event-types', { headers: { ...headers, cookie }, body })
    assert.deepEqual([answer.statusCode, answer.json<{ code: string }>().code], [403, 'csrf_refused'], shown)
    await refusedWith(
      desk.ask('DELETE', '/sessions/current', { headers: { ...headers, cookie } }),
      403,
      'csrf_refused',
    )
    // Nor is somebody signed in by another site.
    await refusedWith(desk.ask('POST', '/sessions', { headers, body: { key } }), 403, 'csrf_refused')
  }
  for (const site of ['same-site', 'cross-site'])
    await refusedWith(
      desk.ask('GET', '/event-types', { headers: { 'sec-fetch-site': site, cookie } }),
      403,
      'csrf_refused',
    )
  const left = await desk.paged(cookie, 'GET', '/event-types')
  assert.deepEqual(left.json<{ data: unknown[] }>().data, [])
  for (const headers of [OWN_PAGE, { 'posthorn-console': '1', origin: own }])
    assert.equal((await desk.ask('POST', '/sessions', { headers, body: { key } })).statusCode, 201)
  for (const headers of [{}, { 'sec-fetch-site': 'none' }, { 'sec-fetch-site': 'same-origin' }])
    assert.equal((await desk.ask('GET', '/event-types', { headers: { ...headers, cookie } })).statusCode, 200)
})

test('over https the cookie is one that no other host can set, and no other one counts', async (t) => {
  const desk = await openDesk(t, { publicUrl: 'https://hooks.example.com/posthorn' })
  const { key } = await desk.tenant('acme')
  const page = { 'posthorn-console': '1', origin: 'https://hooks.example.com' }
  const made = await desk.ask('POST', '/sessions', { headers: page, body: { key } })
  assert.match(
    String(made.headers['set-cookie']),
    /^__Host-posthorn_session=phs_[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Secure$/,
  )
  const cookie = cookieOf(made)
  const status = async (sent: string) => (await desk.paged(sent, 'GET', '/sessions/current')).statusCode
  assert.equal(await status(cookie), 200)
  assert.equal(await status(`posthorn_session=tossed; ${cookie}`), 200)
  assert.equal(await status(cookie.replace('__Host-', '')), 401)
  const out = await desk.ask('DELETE', '/sessions/current', { headers: { ...page, cookie } })
  assert.match(String(out.headers['set-cookie']), /^__Host-posthorn_session=; .*Secure; Max-Age=0$/)

  // TLS ends at a proxy that nobody has declared: the browser knows.
  const plain = await openDesk(t)
  const headers = { ...OWN_PAGE, origin: 'https://posthorn.example.com' }
  const hers = await plain.signIn(ADMIN_KEY, headers)
  assert.match(hers, /^__Host-/)
  assert.equal((await plain.paged(hers, 'GET', '/keys')).statusCode, 200)
  assert.equal((await plain.paged(hers.replace('__Host-', ''), 'GET', '/keys')).statusCode, 401)
})

test('a session that was there before the sign-in is of no use after it, nor is one that somebody chose', async (t) => {
  const desk = await openDesk(t)
  const { key } = await desk.tenant('acme')
  const planted = await desk.signIn(key)
  const headers = { ...OWN_PAGE, cookie: planted }
  const made = await desk.ask('POST', '/sessions', { headers, body: { key: ADMIN_KEY } })
  assert.notEqual(cookieOf(made), planted)
  await refusedWith(desk.paged(planted, 'GET', '/sessions/current'), 401, 'unauthorized')
  const chosen = `posthorn_session=phs_${'A'.repeat(43)}`
  assert.notEqual(await desk.signIn(key, { ...OWN_PAGE, cookie: chosen }), chosen)
  await refusedWith(desk.paged(chosen, 'GET', '/sessions/current'), 401, 'unauthorized')
  for (const odd of ['', 'phs_', 'x'.repeat(9000), '=;;=', '__proto__', `phs_${'é'.repeat(40)}`])
    await refusedWith(desk.paged(`posthorn_session=${odd}`, 'GET', '/sessions/current'), 401, 'unauthorized')
})

test('a session ends when nobody uses it, and after its time in any case', async (t) => {
  const desk = await openDesk(t)
  const cookie = await desk.signIn(ADMIN_KEY)
  const idle = await desk.signIn(ADMIN_KEY)
  const look = async (which: string, headers: object = OWN_PAGE) =>
    (await desk.ask('GET', '/sessions/current', { headers: { ...headers, cookie: which } })).statusCode
  for (let passed = 0; passed < 12 * 60 - 20; passed += 20) {
    assert.equal(await look(cookie), 200, `after ${passed} min`)
    // A page that asks by itself does not keep a session alive.
    assert.equal(await look(idle, { 'posthorn-console': 'background' }), passed < 30 ? 200 : 401)
    await desk.clock.advance(20 * MINUTE_MS)
  }
  assert.equal(await look(cookie), 200)
  await desk.clock.advance(20 * MINUTE_MS)
  assert.equal(await look(cookie), 401)
  assert.equal(await desk.store.sessions.prune(desk.clock.now(), 10), 2)
})

test('sessions end with their key, at once and in every process', async (t) => {
  const desk = await openDesk(t)
  const other = await openDesk(t, { beside: desk })
  const { key, keyId } = await desk.tenant('acme')
  const { key: bystander } = await desk.tenant('other')
  const cookie = await desk.signIn(key)
  const stays = await desk.signIn(bystander)
  for (const place of [desk, other])
    assert.equal((await place.paged(cookie, 'GET', '/event-types')).statusCode, 200)
  assert.equal((await desk.keyed('DELETE', `/keys/${keyId}`, undefined, ADMIN_KEY, 'acme')).statusCode, 200)
  for (const place of [other, desk]) {
    await refusedWith(place.paged(cookie, 'GET', '/event-types'), 401, 'unauthorized')
    assert.equal((await place.paged(stays, 'GET', '/event-types')).statusCode, 200)
  }
  // Not brought back by a key that is configured anew, nor with another text in its place.
  const admins = await other.signIn(ADMIN_KEY)
  await desk.instance.engine.keys.ensureAdminKey('another-admin-key-of-the-tests-987')
  await refusedWith(desk.paged(admins, 'GET', '/keys'), 401, 'unauthorized')
  const out = await desk.paged(stays, 'DELETE', '/sessions/current')
  assert.equal(out.statusCode, 204)
  await refusedWith(other.paged(stays, 'GET', '/event-types'), 401, 'unauthorized')
})

test('ten wrong keys a minute from one address; others, and who has a right one, wait for nothing', async (t) => {
  const desk = await openDesk(t)
  const { key } = await desk.tenant('acme')
  const attempt = (given: string, from = '203.0.113.9') =>
    desk.ask('POST', '/sessions', { headers: OWN_PAGE, body: { key: given }, from })
  for (let count = 0; count < 12; count += 1) assert.equal((await attempt(key)).statusCode, 201)
  const answers = await Promise.all(Array.from({ length: 12 }, (_, n) => attempt(`wrong-${n}`)))
  const statuses = answers.map(({ statusCode }) => statusCode)
  assert.deepEqual(statuses, [...Array<number>(10).fill(401), 429, 429])
  const late = await attempt(key)
  assert.equal(late.statusCode, 429)
  assert.ok(Number(late.headers['retry-after']) >= 59 && Number(late.headers['retry-after']) <= 62)
  assert.equal((await attempt(key, '203.0.113.10')).statusCode, 201)
  await desk.clock.advance(62_000)
  assert.equal((await attempt(key)).statusCode, 201)
  // All of an IPv6 network is one place; by whatever way an address is written.
  for (let n = 0; n < 10; n += 1) await attempt('wrong', `2001:db8::${n + 1}`)
  assert.equal((await attempt(key, '2001:db8:0:0:9:9:9:9')).statusCode, 429)
  assert.equal((await attempt(key, '2001:db8:0:1::1')).statusCode, 201)
})

test('behind a trusted proxy the limit is that of who is behind it, and nobody invents an address', async (t) => {
  const desk = await openDesk(t, { trustedProxies: ['10.0.0.0/8'] })
  const attempt = (sender: string, from = '10.1.1.1') =>
    desk.ask('POST', '/sessions', {
      headers: { ...OWN_PAGE, 'x-forwarded-for': sender },
      body: { key: 'wrong' },
      from,
    })
  for (let n = 0; n < 10; n += 1) await attempt('203.0.113.5')
  assert.equal((await attempt('203.0.113.5')).statusCode, 429)
  assert.equal((await attempt('203.0.113.6')).statusCode, 401)
  for (let n = 0; n < 10; n += 1) await attempt(`198.51.100.${n}`, '203.0.113.50')
  assert.equal((await attempt('198.51.100.99', '203.0.113.50')).statusCode, 429)
})

test('no answer, no URL and no log line holds a key or a session', async (t) => {
  const desk = await openDesk(t)
  const { key } = await desk.tenant('acme')
  desk.heard.length = 0
  const cookie = await desk.signIn(key)
  const text = cookie.split('=')[1] ?? ''
  const set = desk.heard.splice(0)
  assert.equal(set.filter((heard) => heard.includes(text)).length, 1)
  assert.ok(!set.some((heard) => heard.replace(/"set-cookie":"[^"]*"/, '').includes(text)))
  const guess = 'phk_canary-of-a-guess-0123456789'
  await desk.paged(cookie, 'GET', '/sessions/current')
  await desk.paged(cookie, 'GET', '/audit')
  await desk.paged(cookie, 'GET', `/event-types?cursor=none`)
  for (const payload of [
    JSON.stringify({ key: guess }),
    JSON.stringify({ key: [guess] }),
    JSON.stringify({ key: guess.repeat(99) }),
    `{"key":"${guess}`,
    `{"key":"${guess}","key":"${guess}"}`,
    `"${guess}"`,
  ])
    assert.ok(
      (await desk.ask('POST', '/sessions', { headers: OWN_PAGE, payload })).statusCode >= 400,
      payload,
    )
  await desk.paged(cookie, 'DELETE', '/sessions/current')
  await desk.paged(cookie, 'GET', '/sessions/current')
  const told = JSON.stringify([desk.heard, desk.log])
  for (const secret of [key, text, guess]) assert.ok(!told.includes(secret), `${secret} is told: ${told}`)
  assert.match(JSON.stringify(desk.log), /a session was opened.*a sign-in was refused.*a session was ended/)
  const rows = JSON.stringify(await desk.store.sessions.list({ tenantId: null, before: null, limit: 9 }))
  assert.ok(!rows.includes(text))
})

test('without a key one is signed in only where it was opened, on this machine, by a page of it', async (t) => {
  const desk = await openDesk(t, { openWithKey: ADMIN_KEY })
  const here = { from: '127.0.0.1', headers: { ...OWN_PAGE, host: 'localhost:3400' }, body: {} }
  const made = await desk.ask('POST', '/sessions', here)
  assert.equal(made.statusCode, 201, made.body)
  assert.equal(made.json<Session>().scope, 'admin')
  assert.equal((await desk.paged(cookieOf(made), 'GET', '/keys')).statusCode, 200)
  const { headers } = here
  const refused: ReadonlyArray<readonly [status: number, asked: object]> = [
    [401, { from: '203.0.113.7' }],
    // A name of somebody else's that leads to this machine.
    [401, { headers: { ...headers, host: 'evil.example.com' } }],
    ...['x-forwarded-for', 'x-forwarded-proto', 'x-real-ip', 'forwarded', 'via', 'cf-connecting-ip'].map(
      (name) => [401, { headers: { ...headers, [name]: '127.0.0.1' } }] as const,
    ),
    // A proxy that sends its own host, and the visitor's origin.
    [401, { headers: { ...headers, origin: 'https://dev.example.com' } }],
    [401, { headers: { ...headers, origin: 'null' } }],
    ...[
      '0.0.0.0:3400',
      'localhost.evil.com',
      '127.0.0.1.nip.io',
      'localhost:3400@evil.com',
      '[::ffff:7f00:1]',
    ].map((host) => [401, { headers: { ...headers, host } }] as const),
    ...['10.0.0.1', '::ffff:10.0.0.1', '192.168.1.7'].map((from) => [401, { from }] as const),
    [403, { headers: { ...headers, 'sec-fetch-site': 'cross-site' } }],
    [403, { headers: { host: headers.host, 'sec-fetch-site': 'same-origin' } }],
    [403, { headers: { host: headers.host, 'posthorn-console': '1', origin: 'http://evil.example.com' } }],
    [403, { headers: { host: headers.host, 'posthorn-console': '1' } }],
  ]
  for (const [status, asked] of refused) {
    const answer = await desk.ask('POST', '/sessions', { ...here, ...asked })
    assert.deepEqual(
      [answer.statusCode, answer.headers['set-cookie']],
      [status, undefined],
      JSON.stringify(asked),
    )
  }
  const closed = await openDesk(t)
  // Nothing was guessed, so nothing is counted.
  for (let count = 0; count < 11; count += 1)
    await refusedWith(closed.ask('POST', '/sessions', here), 401, 'unauthorized')
})

test('nobody is signed in without a key through a proxy that says nothing but speaks HTTP/1.0', async (t) => {
  const desk = await openDesk(t, { openWithKey: ADMIN_KEY })
  const { url } = await desk.server.listen({ host: '127.0.0.1', port: 0 })
  t.after(() => desk.server.close())
  const { host, port } = new URL(url)
  const asked = async (version: string): Promise<string> => {
    const socket = connect({ host: '127.0.0.1', port: Number(port) })
    const head = `POST /api/v1/webhooks/sessions HTTP/${version}\r\nhost: ${host}\r\nconnection: close\r\n`
    const page = 'posthorn-console: 1\r\nsec-fetch-site: same-origin\r\ncontent-type: application/json\r\n'
    socket.write(`${head}${page}content-length: 2\r\n\r\n{}`)
    return (await text(socket)).split('\r\n', 1)[0] ?? ''
  }
  assert.equal(await asked('1.0'), 'HTTP/1.1 401 Unauthorized')
  assert.equal(await asked('1.1'), 'HTTP/1.1 201 Created')
})

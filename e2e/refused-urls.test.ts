/** URLs that may not be called are refused when they are configured, with a sentence that says why. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ServerProcess, startServer } from './support/server.ts'
import type { CreatedSubscription, Published } from './support/shapes.ts'
import { startTarget, type Target } from './support/targets.ts'

let closed: ServerProcess
let target: Target

before(async () => {
  closed = await startServer({ flags: [] })
  target = await startTarget()
})
after(async () => {
  await target?.close()
  await closed?.dispose()
})

const input = (url: string) => ({ name: 'refused', url, events: ['*'] })

/** Each with what its refusal must name. */
const REFUSED: ReadonlyArray<readonly [name: string, url: string, why: RegExp]> = [
  ['plain http', 'http://example.com/', /https/],
  ['loopback', 'https://127.0.0.1/', /loopback/i],
  ['loopback, elsewhere in its network', 'https://127.9.9.9/', /loopback/i],
  ['loopback by name', 'https://localhost/', /localhost/],
  ['loopback by a name below it', 'https://a.localhost/', /localhost/],
  ['loopback by name with a dot', 'https://localhost./', /dot/],
  ['loopback of IPv6', 'https://[::1]/', /loopback/i],
  ['unspecified address', 'https://0.0.0.0/', /0\.0\.0\.0|this network|unspecified/i],
  ['private network 10', 'https://10.0.0.1/', /private/i],
  ['private network 172.16', 'https://172.16.0.1/', /private/i],
  ['private network 192.168', 'https://192.168.1.1/', /private/i],
  ['shared address space', 'https://100.64.0.1/', /shared|carrier/i],
  ['link-local metadata', 'https://169.254.169.254/latest/meta-data/', /metadata|link-local/i],
  ['metadata of Azure', 'https://168.63.129.16/', /metadata|cloud|Azure/i],
  ['unique local IPv6', 'https://[fd00::1]/', /local|private/i],
  ['link-local IPv6', 'https://[fe80::1]/', /link.local/i],
  ['IPv4 inside IPv6, mapped', 'https://[::ffff:127.0.0.1]/', /plain form|loopback|mapped/i],
  ['IPv4 inside IPv6, mapped, in its plain form', 'https://[::ffff:7f00:1]/', /loopback|mapped/i],
  ['IPv4 inside IPv6, compatible', 'https://[::7f00:1]/', /compatible|reserved|loopback|may not/i],
  ['NAT64 of a private address', 'https://[64:ff9b::a00:1]/', /private|NAT64|translat/i],
  ['6to4 of a private address', 'https://[2002:a00:1::]/', /6to4|private/i],
  ['Teredo', 'https://[2001:0:1::1]/', /Teredo|plain form/i],
  ['decimal spelling', 'https://2130706433/', /plain form.*127\.0\.0\.1/],
  ['hexadecimal spelling', 'https://0x7f000001/', /plain form.*127\.0\.0\.1/],
  ['octal spelling', 'https://0177.0.0.1/', /plain form.*127\.0\.0\.1/],
  ['short spelling', 'https://127.1/', /plain form.*127\.0\.0\.1/],
  ['credentials', 'https://user:secret@example.com/', /credentials/],
  ['an empty user', 'https://@example.com/', /credentials/],
  ['a line break in the host', 'https://exam\r\nple.com/', /line break|control/],
  ['a line break in the path', 'https://example.com/\r\nx-a: b', /line break|control/],
  ['a tab', 'https://exam\tple.com/', /tab|control/],
  ['a NUL', 'https://example.com/\0', /control/],
  ['a backslash', 'https://example.com\\@127.0.0.1/', /backslash/],
  ['a fragment', 'https://example.com/#a', /fragment/],
  ['another scheme', 'ftp://example.com/', /https/],
  ['a file', 'file:///etc/passwd', /absolute|https/],
  ['javascript', 'javascript:alert(1)', /absolute|https/],
  ['no scheme', 'example.com/in', /absolute|https/],
  ['a host of letters outside ASCII', 'https://ex\u00e4mple.com/', /ASCII/],
  ['full-width digits', 'https://\uff11\uff12\uff17.0.0.1/', /ASCII/],
  ['an empty label', 'https://a..example.com/', /empty part/],
  ['port 0', 'https://example.com:0/', /port/],
  ['a port that is too high', 'https://example.com:65536/', /port/],
  ['a name that is too long', `https://${'a'.repeat(64)}.example.com/`, /63/],
  ['a private name', 'https://db.internal/', /internal/],
]

for (const [name, url, why] of REFUSED)
  test(`refused at create: ${name}`, async () => {
    const problem = await closed.api.refused(422, 'url_refused', 'POST', '/subscriptions', {
      body: input(url),
    })
    assert.match(problem.detail, why)
    assert.ok(
      problem.errors.some(({ path }) => path === '/url'),
      JSON.stringify(problem.errors),
    )
    assert.doesNotMatch(problem.detail, /secret@/)
  })

test('a URL that is too long is refused by its length', async () => {
  const body = input(`https://example.com/${'a'.repeat(2048)}`)
  const answer = await closed.api.call<{ code: string; detail: string }>('POST', '/subscriptions', { body })
  assert.ok([400, 422].includes(answer.status), answer.text)
  assert.match(answer.body.detail, /2048/)
})

test('without --allow-network a target on loopback is refused, and the message says what the operator can do', async () => {
  const problem = await closed.api.refused(422, 'url_refused', 'POST', '/subscriptions', {
    body: input(`https://127.0.0.1:${target.port}/`),
  })
  assert.match(problem.detail, /--allow-network 127\.0\.0\.0\/8/)
  const { data } = await closed.api.get<{ data: unknown[] }>('/subscriptions')
  assert.deepEqual(data, [])
})

test('a change to such a URL is refused as well, and the old URL stays', async () => {
  const made = await closed.api.post<CreatedSubscription>(
    '/subscriptions',
    input('https://example.com/in'),
    201,
  )
  const path = `/subscriptions/${made.id}`
  await closed.api.refused(422, 'url_refused', 'PATCH', path, { body: { url: 'https://10.1.2.3/' } })
  assert.equal((await closed.api.get<CreatedSubscription>(path)).url, 'https://example.com/in')
  await closed.api.call('DELETE', path, { status: 204 })
})

test('a subscription from more open days is not called once the network is closed again', async (t) => {
  const open = await startServer({ flags: ['--allow-http', '--allow-network', '127.0.0.0/8'] })
  t.after(() => open.dispose())
  const { id } = await open.api.post<CreatedSubscription>(
    '/subscriptions',
    { ...input(target.url), retry: [] },
    201,
  )
  await open.kill('SIGTERM')
  const now = await startServer({ flags: [], dataDir: open.dataDir })
  t.after(() => now.dispose())
  await now.api.post<Published>('/events', { event_type: 'a.b', data: 1 }, 202)
  type Tested = { success: boolean; status_code: number | null; error: string | null }
  const tested = await now.api.post<Tested>(`/subscriptions/${id}/test`, undefined, 200)
  assert.deepEqual([tested.success, tested.status_code], [false, null])
  assert.match(tested.error ?? '', /^url_refused: /)
  assert.equal(target.requests.length, 0)
})

const HEADERS: ReadonlyArray<readonly [name: string, headers: Record<string, string>]> = [
  ['host', { Host: 'example.com' }],
  ['content-length', { 'Content-Length': '1' }],
  ['transfer-encoding', { 'transfer-encoding': 'chunked' }],
  ['connection', { connection: 'close' }],
  ['a webhook header', { 'webhook-signature': 'v1,a' }],
  ['the signature header of the default prefix', { 'X-Webhook-Signature': 'a' }],
  ['CRLF in a value', { 'x-a': 'b\r\nx-c: d' }],
  ['a bare line feed in a value', { 'x-a': 'b\nc' }],
  ['NUL in a value', { 'x-a': 'b\0' }],
  ['CRLF in a name', { 'x-a\r\nx-b': 'c' }],
  ['a space in a name', { 'x a': 'b' }],
  ['one name in two spellings', { 'X-A': '1', 'x-a': '2' }],
]

for (const [name, headers] of HEADERS)
  test(`refused at create: custom header: ${name}`, async () => {
    const body = { ...input('https://example.com/'), headers, signature: { scheme: 'split' } }
    const problem = await closed.api.refused(422, 'header_refused', 'POST', '/subscriptions', { body })
    assert.ok(problem.detail.length > 20)
  })

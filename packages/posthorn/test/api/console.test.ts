/** The console's files, and the paths that are its pages. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { makeRig } from './support/api.ts'

const PAGE = '<!doctype html><title>The console</title>'
const SCRIPT = `console.log(${JSON.stringify('x'.repeat(2000))})`
const HTML = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

function built(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-console-'))
  t.after(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'index.html'), PAGE)
  writeFileSync(join(folder, 'assets/index-abc.js'), SCRIPT)
  writeFileSync(join(folder, 'assets/index-abc.js.gz'), gzipSync(SCRIPT))
  writeFileSync(join(folder, 'secret.txt'), 'not for anybody')
  return folder
}

test('the page is at / and at every path that belongs to nobody else, for browsers', async (t) => {
  const { server } = makeRig({}, { consoleFolder: built(t) })
  for (const url of [
    '/',
    '/subscriptions',
    '/subscriptions/sub_1?tab=feed',
    '/events/a%2Fb',
    '/apis',
    '/inbox',
  ]) {
    const answer = await server.inject({ url, headers: HTML })
    assert.deepEqual([answer.statusCode, answer.body], [200, PAGE], url)
    assert.equal(answer.headers['content-type'], 'text/html; charset=utf-8')
    assert.equal(answer.headers['cache-control'], 'no-store')
    const policy = String(answer.headers['content-security-policy'])
    assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self'; /)
    assert.match(policy, /form-action 'none'; base-uri 'none'; frame-ancestors 'none'$/)
    assert.ok(!policy.includes('unsafe'))
    assert.deepEqual(
      [
        answer.headers['x-content-type-options'],
        answer.headers['referrer-policy'],
        answer.headers['cross-origin-opener-policy'],
        answer.headers['cross-origin-resource-policy'],
      ],
      ['nosniff', 'no-referrer', 'same-origin', 'same-origin'],
    )
  }
  assert.equal((await server.inject({ method: 'HEAD', url: '/events', headers: HTML })).statusCode, 200)
})

test('what is the server’s own stays so, and programs are told that there is nothing', async (t) => {
  const { server } = makeRig({}, { consoleFolder: built(t) })
  for (const url of [
    '/api/v1/webhooks/nothing',
    '/api',
    '/in',
    '/in/x/y',
    '/metrics/x',
    '/healthz/x',
    '/queues',
    '/queues/x',
    '/openapi.json/x',
    '/assets/none.js',
    '/assets/',
    '/assets/..%2fsecret.txt',
  ]) {
    const answer = await server.inject({ url, headers: HTML })
    assert.ok([400, 404].includes(answer.statusCode), `${url}: ${answer.statusCode}`)
    assert.match(String(answer.headers['content-type']), /^application\/problem\+json/, url)
    assert.ok(!answer.body.includes('not for anybody'))
  }
  for (const request of [
    { url: '/subscriptions' },
    { url: '/subscriptions', headers: { accept: 'application/json' } },
    { url: '/subscriptions', method: 'POST' as const, headers: HTML },
    { url: '/secret.txt' },
  ])
    assert.equal((await server.inject(request)).statusCode, 404, JSON.stringify(request))
  const { statusCode, headers } = await server.inject({ url: '/healthz', headers: HTML })
  assert.deepEqual([statusCode, headers['content-type']], [200, 'application/json; charset=utf-8'])
})

test('files are kept by the browser for good, and go compressed to who can read that', async (t) => {
  const { server } = makeRig({}, { consoleFolder: built(t) })
  const plain = await server.inject({ url: '/assets/index-abc.js' })
  assert.deepEqual([plain.statusCode, plain.body], [200, SCRIPT])
  assert.equal(plain.headers['cache-control'], 'public, max-age=31536000, immutable')
  assert.match(String(plain.headers['content-type']), /^(text|application)\/javascript/)
  assert.equal(plain.headers['x-content-type-options'], 'nosniff')
  assert.equal(plain.headers['cross-origin-resource-policy'], 'same-origin')
  const small = await server.inject({ url: '/assets/index-abc.js', headers: { 'accept-encoding': 'gzip' } })
  assert.equal(small.headers['content-encoding'], 'gzip')
  assert.ok(small.rawPayload.length < 200)
})

test('a console that is not built says how to build it, with the same policy', async () => {
  const { server } = makeRig()
  for (const url of ['/', '/subscriptions']) {
    const answer = await server.inject({ url, headers: HTML })
    assert.equal(answer.statusCode, 200)
    assert.match(answer.body, /The console is not built: run <code>npm run prepare<\/code>/)
    assert.match(String(answer.headers['content-security-policy']), /^default-src 'none'/)
  }
})

/** Sources from the command line: made, shown, changed; what came in, looked at and taken in again. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { sign } from '@octokit/webhooks-methods'
import { startTarget, type Target } from '../../src/testing/target.ts'
import { cli, rowsOf } from './support/context.ts'
import { type ServeProcess, serve, start, tempDir } from './support/process.ts'

const folder = mkdtempSync(join(tmpdir(), 'posthorn-cli-'))
const cleanUps: Array<() => unknown> = []
const SECRET = 'a secret of sixteen bytes and more'
let server: ServeProcess
let target: Target

before(async () => {
  target = await startTarget()
  server = await serve({ after: (run) => void cleanUps.push(run as () => unknown) }, join(folder, 'data'), [
    '--public-url',
    'https://hooks.example.com',
  ])
})

after(async () => {
  for (const cleanUp of cleanUps) await cleanUp()
  await target.close()
  rmSync(folder, { recursive: true, force: true })
})

async function run(args: readonly string[], more: { stdin?: string; env?: Record<string, string> } = {}) {
  return await cli(args, { ...more, env: { ...server.env, ...more.env } })
}

async function ok(args: readonly string[], more: Parameters<typeof run>[1] = {}): Promise<string> {
  const { code, stdout, stderr } = await run(args, more)
  assert.equal(code, 0, `${args.join(' ')}: ${stderr}`)
  return stdout
}

async function json<T = Record<string, unknown>>(...args: string[]): Promise<T> {
  return JSON.parse(await ok([...args, '--json'])) as T
}

interface Listed {
  readonly id: string
  readonly verdict: string
  readonly event_ids: readonly string[]
}

/** Sends to a source, not by its public URL. @returns the id under which the request is kept */
async function post(source: string, body: string, id: string, signature?: string): Promise<string> {
  const { id: sourceId } = await json<{ id: string }>('sources', 'show', source)
  const response = await fetch(`${server.url}/in/${sourceId}`, {
    method: 'POST',
    body,
    headers: {
      ...{ 'x-github-event': 'push', 'x-github-delivery': id },
      'x-hub-signature-256': signature ?? (await sign(SECRET, body)),
    },
  })
  await response.arrayBuffer()
  return response.headers.get('posthorn-request') ?? assert.fail(`answered ${response.status}`)
}

/** Refused requests are written after they were answered; nothing sleeps, the server is asked again. */
async function listed(source: string, id: string, ...flags: string[]): Promise<Listed> {
  for (let look = 0; look < 2000; look += 1) {
    const rows = rowsOf<Listed>(await ok(['sources', 'requests', 'list', source, '--json', ...flags]))
    const found = rows.find((row) => row.id === id)
    if (found !== undefined) return found
  }
  return assert.fail(`${id} was not listed`)
}

test('a source is made with a secret from stdin or a variable, shown without it, changed, and gone', async () => {
  const secretFromStdin = ['sources', 'create', 'github', '--provider', 'github', '--secret-file', '-']
  const made = await run(secretFromStdin, { stdin: `${SECRET}\n` })
  assert.equal(made.code, 0, made.stderr)
  assert.match(made.stdout, /ingest url +https:\/\/hooks\.example\.com\/in\/src_/)
  assert.doesNotMatch(made.stdout + made.stderr, /sixteen/)
  const limits = ['--rate-limit', '1000/60', '--address-rate-limit', '10/1', '--body-limit', '4096']
  const rest = [
    '--allow-ip',
    '10.0.0.0/8,::1',
    '--https-only',
    'yes',
    '--dedupe',
    '40d',
    '--test-events',
    'skip',
  ]
  const flags = [...limits, ...rest, '--expected-tenant', 'acme', '--check-schemas', 'yes', '--active', 'no']
  const more = ['--provider', 'paypal', '--setting', 'webhook_id=7', '--description', 'Money']
  const paypal = await json('sources', 'create', 'paypal', ...more, ...flags)
  assert.deepEqual(
    [paypal.rate_limit, paypal.allowed_ips, paypal.dedupe_s, paypal.settings, paypal.active],
    [{ limit: 1000, window_s: 60 }, ['10.0.0.0/8', '::1'], 40 * 86_400, { webhook_id: '7' }, false],
  )
  const lifted = ['--allow-ip', 'all', '--rate-limit', 'none', '--expected-tenant', 'none', '--active', 'yes']
  const updated = await json('sources', 'update', 'paypal', ...lifted)
  assert.deepEqual(
    [updated.allowed_ips, updated.rate_limit, updated.expected_tenant, updated.active, updated.https_only],
    [[], null, null, true, true],
  )
  const rotated = ['sources', 'update', 'github', '--secret-env', 'NEW', '--secret-env', 'OLD', '--json']
  const env = { NEW: 'the new secret of sixteen bytes', OLD: SECRET }
  assert.equal((JSON.parse(await ok(rotated, { env })) as { secrets: unknown[] }).secrets.length, 2)
  assert.match(await ok(['sources', 'list']), /ID +SLUG +PROVIDER[\s\S]*github[\s\S]*/)
  assert.match(await ok(['sources', 'show', 'paypal']), /settings +webhook_id=7[\s\S]*body limit +4096 bytes/)
  assert.match(await ok(['sources', 'delete', 'paypal']), /paypal is deleted/)
  assert.equal((await run(['sources', 'show', 'paypal'])).code, 5)
})

test('what came in is listed, shown, explained, and taken in again', async () => {
  const wanted = ['--event', '*', '--source', 'github', '--format', 'raw']
  const subscription = await json('subscriptions', 'create', target.url, ...wanted)
  assert.deepEqual(subscription.source, ['github'])
  const id = await post('github', '{"a":1}', 'cli-1')
  assert.equal((await target.next()).header('webhook-id'), 'cli-1')
  assert.deepEqual((await listed('github', id)).event_ids, ['cli-1'])
  const shown = await ok(['sources', 'requests', 'show', 'github', id])
  assert.match(shown, /verdict +accepted[\s\S]*x-github-event +push[\s\S]*\{"a":1\}/)
  assert.equal(await ok(['sources', 'requests', 'show', 'github', id, '--body']), '{"a":1}\n')
  assert.match(await ok(['sources', 'requests', 'verify', 'github', id]), /The signature fits/)
  assert.match(await ok(['events', 'show', 'cli-1', '--source', 'github']), new RegExp(`request +${id}`))

  const refused = await post('github', '{"a":2}\n', 'cli-2', await sign(SECRET, '{"a":2}'))
  await listed('github', refused, '--verdict', 'refused')
  const why = await run(['sources', 'requests', 'verify', 'github', refused])
  assert.equal(why.code, 6)
  assert.match(why.stderr, /signature_mismatch[\s\S]*body_final_newline/)
  const again = ['sources', 'requests', 'replay', 'github', refused]
  assert.match((await run(again)).stderr, /does not verify/)
  const repaired = await run([...again, '--body-file', '-', '--json'], { stdin: '{"a":2}' })
  assert.equal(repaired.code, 0, repaired.stderr)
  assert.equal(Buffer.from((await target.next()).body).toString(), '{"a":2}')
  const changes = ['--header', 'x-github-event: fork', '--drop-header', 'x-github-delivery', '--unverified']
  const forced = JSON.parse(await ok([...again, ...changes, '--json'])) as { event_ids: string[] }
  const sent = await target.next()
  assert.equal(sent.header('webhook-id'), forced.event_ids[0])
})

test('a redelivery is let through for a while', async () => {
  const opened = await ok(['sources', 'let-through', 'github', '--event-id', 'cli-1', '--for', '5m'])
  assert.match(opened, /cli-1 of github is let through again until \d{4}-/)
  await listed('github', await post('github', '{"a":1}', 'cli-1'), '--verdict', 'redelivered')
  assert.equal((await target.next()).header('webhook-id'), 'cli-1')
})

test('an inbound event is replayed, and its deliveries listed, with its source', async () => {
  assert.match(await ok(['replay', 'event', 'cli-1', '--source', 'github']), /1 new deliveries of cli-1/)
  const rows = rowsOf(await ok(['events', 'deliveries', 'cli-1', '--source', 'github', '--json']))
  assert.equal(rows.length, 3)
  assert.equal((await run(['events', 'show', 'cli-1'])).code, 5)
})

test('wrong command lines say what to do', async () => {
  const cases: ReadonlyArray<readonly [args: string[], message: RegExp]> = [
    [['sources', 'create', 'x'], /--provider NAME \(see posthorn providers\), or --scheme FILE/],
    [['sources', 'update', 'github'], /Say what to change/],
    [['sources', 'create', 'x', '--provider', 'github', '--secret-env', 'NOPE'], /variable NOPE is not set/],
    [['sources', 'update', 'github', '--rate-limit', 'often'], /must be a count and seconds/],
    [['sources', 'update', 'github', '--dedupe', 'long'], /must be a span/],
    [['sources', 'update', 'github', '--setting', 'x'], /must be NAME=VALUE/],
    [['sources', 'requests', 'list', 'github', '--verdict', 'bad'], /must be one of accepted/],
    [['providers', 'show', 'nope'], /There is no provider "nope"/],
  ]
  for (const [args, message] of cases) {
    const { code, stderr } = await run(args)
    assert.equal(code, 2, args.join(' '))
    assert.match(stderr, message)
  }
  const misspelt = await run(['sources', 'create', 'x', '--provider', 'githob', '--secret', SECRET])
  assert.equal(misspelt.code, 1)
  assert.match(misspelt.stderr, /did you mean "github"/)
})

test('presets are listed and shown without a server', async () => {
  const rows = rowsOf<{ name: string }>((await cli(['providers', '--json'])).stdout)
  assert.ok(rows.length >= 50)
  assert.match((await cli(['providers'])).stdout, /NAME +TITLE[\s\S]*stripe/)
  const { stdout } = await cli(['providers', 'show', 'paypal'])
  assert.match(stdout, /settings[\s\S]*webhook_id[\s\S]*see +https:/)
})

test('a file of sources is applied at the start; a bad one stops it', async (t) => {
  const dataDir = join(tempDir(t), 'data')
  const file = join(tempDir(t), 'sources.json')
  const github = { slug: 'github', provider: 'github', secrets: [{ env: 'GITHUB_SECRET' }] }
  writeFileSync(file, JSON.stringify({ sources: [github, { slug: 'Bad', provider: 'githob' }] }))
  const args = ['serve', '--port', '0', '--data-dir', dataDir, '--sources', file]
  const env = { POSTHORN_ADMIN_KEY: 'an-admin-key-for-the-tests-0123456789' }
  const bad = start(t, args, { env })
  assert.equal((await bad.ended).code, 78)
  assert.match(
    bad.stderr.text,
    /sources\[0\]\.secrets\[0\]\.env names the environment variable "GITHUB_SECRET"/,
  )
  const worse = start(t, args, { env: { ...env, GITHUB_SECRET: SECRET } })
  assert.equal((await worse.ended).code, 78)
  assert.match(worse.stderr.text, /sources\[1\]\.slug must be 1 to 63[\s\S]*Nothing was changed/)
  assert.doesNotMatch(bad.stderr.text + worse.stderr.text, /sixteen/)

  writeFileSync(file, JSON.stringify({ sources: [github] }))
  const running = start(t, args, { env: { ...env, POSTHORN_SOURCES_FILE: 'ignored', GITHUB_SECRET: SECRET } })
  const [, url = ''] = await running.stdout.find(/^posthorn listening on (\S+)\n/)
  const key = { POSTHORN_URL: url, POSTHORN_KEY: env.POSTHORN_ADMIN_KEY }
  const listing = await cli(['sources', 'list', '--json'], { env: key })
  assert.deepEqual(
    rowsOf<{ slug: string }>(listing.stdout).map(({ slug }) => slug),
    ['github'],
  )
})

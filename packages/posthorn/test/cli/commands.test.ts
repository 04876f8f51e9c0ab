/** The commands over the API, against a server of its own and a target on loopback. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Commands } from './support/commands.ts'
import { cli, rowsOf } from './support/context.ts'

let desk: Commands
let server: Commands['server']
let target: Commands['target']
before(async () => {
  desk = await Commands.start()
  ;({ server, target } = desk)
})
after(() => desk?.close())

const ok = (...args: string[]) => desk.ok(...args)
const json = <T = Record<string, unknown>>(...args: string[]) => desk.json<T>(...args)
const rows = <T = Record<string, unknown>>(...args: string[]) => desk.rows<T>(...args)

interface Made {
  readonly id: string
  readonly signing_secret: string
}

/** Looks until a list says what is expected. The server tells when it has answered, so nothing sleeps. */
async function untilState(deliveryId: string, state: string): Promise<void> {
  for (let look = 0; look < 2000; look += 1) {
    const shown = await json<{ state: string }>('deliveries', 'show', deliveryId)
    if (shown.state === state) return
  }
  assert.fail(`${deliveryId} did not become ${state}`)
}

test('tenants, keys, event types: made, listed, changed, gone', { timeout: 60_000 }, async () => {
  const tenant = await json('tenants', 'create', 'acme', '--name', 'Acme')
  assert.equal(tenant.slug, 'acme')
  assert.match(await ok('tenants', 'list'), /ID +SLUG +NAME +CREATED[\s\S]*acme/)
  assert.match(await ok('tenants', 'update', 'acme', '--name', 'Acme GmbH'), /Acme GmbH/)

  const key = await json<{ id: string; key: string }>(
    'keys',
    'create',
    'reader',
    '--scope',
    'read',
    '--tenant',
    'acme',
  )
  const env = { ...server.env, POSTHORN_KEY: key.key }
  assert.equal((await cli(['events', 'list'], { env })).code, 0)
  assert.equal((await cli(['publish', '--type', 'a', '--data', '1'], { env })).code, 4)
  assert.doesNotMatch(await ok('keys', 'list'), new RegExp(key.key))
  await ok('keys', 'revoke', key.id)
  const told = await rows<{ action: string; object: { id: string } }>('audit', '--object', key.id)
  assert.deepEqual(
    told.map(({ action }) => action),
    ['key.revoked', 'key.created'],
  )
  assert.match(await ok('audit', '--since', '1h', '--action', 'key.*'), /WHO +WHAT[\s\S]*key\.revoked/)
  assert.equal((await cli(['events', 'list'], { env })).code, 4)

  writeFileSync(join(desk.folder, 'schema.json'), '{"type":"object","required":["id"]}')
  await ok('event-types', 'create', 'order.made', '--schema', join(desk.folder, 'schema.json'))
  const refused = await cli(['publish', '--type', 'order.made', '--data', '{}', '--json'], {
    env: server.env,
  })
  assert.equal(refused.code, 1)
  assert.equal((JSON.parse(refused.stderr) as { code: string }).code, 'schema_mismatch')
  assert.match(await ok('event-types', 'show', 'order.made'), /"required"/)
  await ok('event-types', 'update', 'order.made', '--archive')
  assert.equal((await json('event-types', 'show', 'order.made')).archived, true)
  await ok('event-types', 'delete', 'order.made')
  assert.equal((await cli(['event-types', 'show', 'order.made'], { env: server.env })).code, 5)
  await ok('tenants', 'delete', 'acme')
})

test('alert rules and links to the portal', { timeout: 60_000 }, async () => {
  const rule = await json<{ id: string; slack_hosts: string[] }>(
    ...['alerts', 'create', 'Dead', '--kind', 'dead_letters', '--above', '5', '--hold', '10'],
    ...['--email', 'a@example.com,b@example.com', '--slack-url', `${target.url}services/T0/HIDDEN`],
  )
  assert.deepEqual(rule.slack_hosts, [new URL(target.url).host])
  const shown = await ok('alerts', 'rules')
  assert.match(shown, /dead_letters > 5/)
  assert.doesNotMatch(shown, /HIDDEN/)
  assert.deepEqual(await rows('alerts', 'list', '--state', 'open'), [])
  assert.match(await ok('alerts', 'delete', rule.id), /is deleted/)
  const wrong = ['alerts', 'create', 'Dead', '--kind', 'dead_letters', '--above', 'many']
  assert.equal((await cli(wrong, { env: server.env })).code, 2)
  const link = await json<{ url: string }>('portal', '--scope', 'manage', '--for', '120', '--user', 'Ada')
  assert.match(link.url, /\/portal\/enter\?token=phl_/)
  assert.match(await ok('portal', '--tenant', 'default'), /URL|url/)
})

test('a subscription through its life', { timeout: 60_000 }, async () => {
  const url = `${target.url}life`
  const made = await json<Made>(
    ...['subscriptions', 'create', url, '--name', 'life', '--event', 'life.*,other'],
    ...['--header', 'x-own: a: b', '--rate-limit', '100/60', '--retry', '1,2.5', '--scheme', 'timestamped'],
  )
  assert.match(made.signing_secret, /^whsec_/)
  const shown = await json('subscriptions', 'show', made.id)
  assert.deepEqual(
    [shown.events, shown.headers, shown.rate_limit, shown.retry],
    [['life.*', 'other'], { 'x-own': 'a: b' }, { limit: 100, window_s: 60 }, [1, 2.5]],
  )
  assert.ok(!(await ok('subscriptions', 'show', made.id)).includes(made.signing_secret))
  await ok(
    'subscriptions',
    'update',
    made.id,
    '--retry',
    'never',
    '--rate-limit',
    'none',
    '--name',
    'renamed',
  )
  const updated = await json('subscriptions', 'show', made.id)
  assert.deepEqual([updated.name, updated.retry, updated.rate_limit], ['renamed', [], null])
  const rotated = await json<Made>('subscriptions', 'rotate-secret', made.id, '--overlap', '1h')
  assert.notEqual(rotated.signing_secret, made.signing_secret)
  assert.match(await ok('subscriptions', 'test', made.id), /^delivered: status 200/)
  target.answerNext({ status: 503, body: 'not\u001b[2Jnow' })
  const failed = await cli(['subscriptions', 'test', made.id], { env: server.env })
  assert.equal(failed.code, 1)
  assert.ok(failed.stdout.includes('not\\x1b[2Jnow'), failed.stdout)
  assert.match(await ok('subscriptions', 'disable', made.id), /is not active/)
  assert.match(await ok('subscriptions', 'enable', made.id), /is active/)
  assert.match(await ok('subscriptions', 'stats', made.id), /attempts +\d/)
  assert.match(await ok('subscriptions', 'list'), /renamed +yes/)
  await ok('subscriptions', 'delete', made.id)
  assert.equal((await cli(['subscriptions', 'show', made.id], { env: server.env })).code, 5)
})

test('publish keeps the bytes, of JSON and of others; the same id again is a duplicate', {
  timeout: 60_000,
}, async () => {
  const made = await json<Made>(
    'subscriptions',
    'create',
    `${target.url}raw`,
    '--event',
    'raw.*',
    '--format',
    'raw',
  )
  const next = async (...args: string[]) => {
    const seen = target.requests.length
    const published = await json<{ event_id: string }>('publish', ...args)
    const requests = await target.waitFor(seen + 1)
    return { body: Buffer.from(requests[seen]!.body), published }
  }
  const text = '{"price": 1.0,"n":12345678901234567890}'
  const first = await next('--type', 'raw.a', '--data', text, '--event-id', 'raw-1')
  assert.equal(first.body.toString(), text)
  const again = await json('publish', '--type', 'raw.a', '--data', text, '--event-id', 'raw-1')
  assert.equal(again.duplicate, true)
  const conflict = await cli(['publish', '--type', 'raw.a', '--data', '{}', '--event-id', 'raw-1'], {
    env: server.env,
  })
  assert.equal(conflict.code, 1)
  writeFileSync(join(desk.folder, 'bytes'), Buffer.from([0, 255, 10, 13]))
  const bytes = await next(
    '--type',
    'raw.b',
    '--file',
    join(desk.folder, 'bytes'),
    '--content-type',
    'application/x-bytes',
  )
  assert.deepEqual(bytes.body, Buffer.from([0, 255, 10, 13]))
  assert.equal((await cli(['publish', '--type', 'raw.c', '--data', '{oops'], { env: server.env })).code, 2)
  const piped = await cli(['publish', '--type', 'raw.d', '--json'], { env: server.env, stdin: ' {"a":1}\n' })
  assert.equal(piped.code, 0)
  const { event_id } = JSON.parse(piped.stdout) as { event_id: string }
  assert.match(await ok('events', 'show', event_id), /type +raw\.d[\s\S]*"a": 1/)
  const later = await json<{ event_id: string }>(
    'publish',
    '--type',
    'raw.e',
    '--data',
    '1',
    '--deliver-at',
    '10m',
  )
  const [delivery] = await rows<{ id: string; state: string }>('events', 'deliveries', later.event_id)
  assert.equal(delivery?.state, 'pending')
  assert.match(await ok('deliveries', 'cancel', delivery?.id ?? ''), /is cancelled/)
  assert.equal((await cli(['deliveries', 'cancel', delivery?.id ?? ''], { env: server.env })).code, 1)
  await ok('subscriptions', 'delete', made.id)
})

test('a dead delivery is listed, shown with its attempts, and retried', { timeout: 60_000 }, async () => {
  const made = await json<Made>(
    'subscriptions',
    'create',
    `${target.url}dead`,
    '--event',
    'dead.*',
    '--retry',
    '0.01',
  )
  for (let count = 0; count < 2; count += 1) target.answerNext({ status: 500, body: `no ${count}` })
  const { event_id } = await json<{ event_id: string }>('publish', '--type', 'dead.a', '--data', '{}')
  const [delivery] = await rows<{ id: string }>('events', 'deliveries', event_id)
  const id = delivery?.id ?? ''
  await untilState(id, 'dead')
  const listed = await rows<{ id: string }>(
    'deliveries',
    'list',
    '--state',
    'dead',
    '--subscription',
    made.id,
  )
  assert.deepEqual(
    listed.map((row) => row.id),
    [id],
  )
  const shown = await ok('deliveries', 'show', id)
  assert.match(shown, /attempt 1 [^\n]*retry[^\n]*status 500[\s\S]*\| no 0[\s\S]*attempt 2[\s\S]*\| no 1/)
  assert.match(await ok('deliveries', 'retry', '--dead', '--subscription', made.id), /^1 dead deliveries/)
  await untilState(id, 'delivered')
  assert.match(await ok('deliveries', 'retry', id), /is pending/)
  await untilState(id, 'delivered')
  const mixed = await cli(['deliveries', 'retry', id, 'dlv_nope'], { env: server.env })
  assert.equal(mixed.code, 7)
  await ok('subscriptions', 'delete', made.id)
})

test('NDJSON: thousands of lines, some of them bad; again it makes nothing new; then a replay', {
  timeout: 120_000,
}, async () => {
  const made = await json<Made>(
    'subscriptions',
    'create',
    `${target.url}many`,
    '--event',
    'other.*',
    '--max-in-flight',
    '100',
  )
  const lines = Array.from({ length: 3000 }, (_, index) =>
    JSON.stringify({ event_type: 'many.a', data: { index } }),
  )
  lines[6] = '{broken'
  lines[8] = '{"event_type":"many.a","data":1,"colour":"red"}'
  lines[10] = ''
  const file = join(desk.folder, 'events.ndjson')
  writeFileSync(file, lines.join('\n'))
  const first = await cli(['publish', '--ndjson', file, '--json'], { env: server.env })
  assert.equal(first.code, 7, first.stderr)
  const summary = JSON.parse(first.stdout) as Record<string, unknown> & {
    refusals: Array<{ line: number; detail: string }>
  }
  assert.deepEqual(
    [summary.lines, summary.published, summary.duplicates, summary.refused],
    [3000, 2997, 0, 2],
  )
  assert.deepEqual(summary.refusals.map(({ line }) => line).sort(), [7, 9])
  assert.match(first.stderr, /line 9: colour is not a known field/)
  const again = await cli(['publish', '--ndjson', '-', '--json'], {
    env: server.env,
    stdin: lines.join('\n'),
  })
  const { published, duplicates } = JSON.parse(again.stdout) as Record<string, number>
  assert.deepEqual([published, duplicates], [0, 2997])
  assert.equal((await rows('events', 'list', '--type', 'many.*', '--all')).length, 2997)

  await ok('subscriptions', 'update', made.id, '--event', 'many.*')
  const before = target.requests.length
  const replayed = await ok('replay', 'subscription', made.id, '--since', '1h', '--type', 'many.*')
  assert.match(replayed, /is done: [\d,]+ events looked at, 2,997 deliveries made/)
  await target.waitFor(before + 2997)
  const replays = await rows<{ state: string; created: number }>('replay', 'list')
  assert.deepEqual([replays[0]?.state, replays[0]?.created], ['done', 2997])
  await ok('subscriptions', 'delete', made.id)
})

test('lists: limit, cursor, all; a table fits its terminal', { timeout: 60_000 }, async () => {
  for (let count = 0; count < 5; count += 1) await ok('trigger', 'fork', '--type', 'listed.a')
  const two = await cli(['events', 'list', '--type', 'listed.*', '--limit', '2', '--json'], {
    env: server.env,
  })
  assert.equal(rowsOf(two.stdout).length, 2)
  const [, cursor = ''] = /--cursor (\S+)/.exec(two.stderr) ?? []
  const rest = await rows('events', 'list', '--type', 'listed.*', '--cursor', cursor)
  assert.equal(rest.length, 3)
  assert.equal((await rows('events', 'list', '--type', 'listed.*', '--all')).length, 5)
  const { stdout } = await cli(['events', 'list', '--limit', '3'], {
    env: server.env,
    terminal: { columns: 60 },
  })
  assert.ok(stdout.includes('…'), stdout)
  const none = await cli(['events', 'list', '--type', 'never.*'], { env: server.env })
  assert.deepEqual([none.code, none.stdout, none.stderr], [0, '', 'There are none.\n'])
})

/** What fails, why, with what was sent; and many dead letters at once. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Commands } from './support/commands.ts'
import { cli } from './support/context.ts'

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

interface Listed {
  readonly id: string
  readonly state: string
}

const dead = () => rows<Listed>('deliveries', 'list', '--state', 'dead')

/** Each look is an answer of the server, so nothing sleeps. */
async function untilDead(count: number): Promise<Listed[]> {
  for (let look = 0; look < 500; look += 1) {
    const found = await dead()
    if (found.length === count) return found
  }
  throw new Error(`there are never ${count} dead letters`)
}

/** Events that die with the given causes. */
async function die(subscription: string, answers: ReadonlyArray<{ status: number; body: string }>) {
  const before = (await dead()).length
  for (const [index, answer] of answers.entries()) {
    target.answerNext(answer)
    await ok('publish', '--type', `${subscription}.made`, '--data', '{"note":"\\u001b[2J <b>"}')
    await untilDead(before + index + 1)
  }
}

const subscribe = (name: string) =>
  json<{ id: string }>(
    ...['subscriptions', 'create', `${target.url}${name}`, '--name', name, '--event', `${name}.*`],
    ...['--retry', 'never', '--header', 'x-own: hidden-value'],
  )

test('overview: nothing fails; then what does, why, with numbers; for programs as the API has it', {
  timeout: 60_000,
}, async () => {
  assert.match(await ok('overview'), /^Nothing fails[\s\S]*dead letters +0/)
  const { id } = await subscribe('over')
  await die('over', [{ status: 500, body: 'no' }])
  const shown = await ok('overview', '--window', '6h')
  assert.match(shown, /^1 target fails, worst first:\nSUBSCRIPTION +NAME[^\n]*CAUSE/)
  assert.match(shown, new RegExp(`${id} +over[^\\n]* 0 % +failed`))
  assert.match(shown, /events +1\nby type +over\.made 1\nattempts +1, 1 failed\nsuccess +0 %/)
  assert.match(shown, /dead letters +1\nstore, queue +sqlite; store\nprocesses +\S+ \(all\)/)
  const document = await json<{ failing: Array<{ subscription_id: string }> }>('overview')
  assert.deepEqual(
    document.failing.map(({ subscription_id }) => subscription_id),
    [id],
  )
  for (const wrong of ['25h', '5s', 'hour']) {
    const { code, stderr } = await cli(['overview', '--window', wrong], { env: server.env })
    assert.equal(code, 2)
    assert.match(stderr, /from 1m to 24h/)
  }
  await ok('dead-letters', 'drop', '--yes')
})

test('what an attempt sent and was answered: URL, headers, body; never what is hidden', {
  timeout: 60_000,
}, async () => {
  await subscribe('sent')
  await die('sent', [{ status: 422, body: 'bad\u001b[2J' }])
  const [delivery] = await dead()
  const id = delivery?.id ?? ''
  const plain = await ok('deliveries', 'show', id)
  assert.doesNotMatch(plain, /webhook-signature/)
  const shown = await ok('deliveries', 'show', id, '--request')
  assert.match(shown, /body of each attempt {2}application\/json, \d+ bytes\n {4}> .*"sent\.made"/)
  assert.match(shown, new RegExp(`> POST ${target.url}sent\\n`))
  assert.match(shown, /> webhook-signature: v1,\S+=\n/)
  assert.match(shown, /> x-own: \(hidden\)/)
  assert.doesNotMatch(shown, /hidden-value/)
  assert.match(shown, /< 422\n {4}< \S+: /)
  assert.ok(!shown.includes('\u001b[2J'), 'it reaches the terminal')
  const document = await json<{
    request_body: { body: string }
    attempt_list: Array<{ request: { url: string } }>
  }>('deliveries', 'show', id, '--request')
  assert.equal(document.attempt_list[0]?.request.url, `${target.url}sent`)
  assert.match(document.request_body.body, /"note"/)
  await ok('dead-letters', 'drop', id)
})

test('dead letters: listed by cause, retried and dropped by filter and by id, never without a yes', {
  timeout: 60_000,
}, async () => {
  const one = await subscribe('one')
  await subscribe('two')
  await die(
    'one',
    [500, 500, 422].map((status) => ({ status, body: '' })),
  )
  await die('two', [{ status: 500, body: '' }])
  const groups = await rows<{ cause: string; count: number; subscription_id: string }>('dead-letters', 'list')
  assert.deepEqual(
    groups.map(({ count }) => count),
    [2, 1, 1],
  )
  assert.equal(groups[0]?.subscription_id, one.id)
  assert.match(await ok('dead-letters', 'list'), /COUNT +CAUSE +TARGET[\s\S]* 2 +failed/)

  const filter = ['--subscription', one.id, '--cause', groups[0]?.cause ?? '']
  const asked = await cli(['dead-letters', 'retry', ...filter], { env: server.env })
  assert.equal(asked.code, 2)
  assert.match(asked.stderr, /would retry 2 dead letters\. Add --yes/)
  await untilDead(4)
  assert.match(
    await ok('dead-letters', 'retry', ...filter, '--yes'),
    /is done: 2 of 2 dead letters are attempted again/,
  )
  const left = await untilDead(2)

  const ids = left.map(({ id }) => id)
  const partly = await cli(['dead-letters', 'drop', ...ids, 'dlv_nope'], { env: server.env })
  assert.equal(partly.code, 7)
  assert.match(partly.stdout, /2 of 3 dead letters are dropped/)
  assert.match(partly.stderr, /dlv_nope: there is no such delivery[\s\S]*1 of 3 were not changed/)
  await untilDead(0)

  const both = await cli(['dead-letters', 'drop', ...ids, '--type', 'a'], { env: server.env })
  assert.match(both.stderr, /ids or filters, not both/)
  const begun = await json<{ bulk_id: string; matched: number }>('dead-letters', 'drop', '--yes', '--no-wait')
  assert.equal(begun.matched, 0)
  const ended = await json<{ state: string; done: number }>('dead-letters', 'watch', begun.bulk_id)
  assert.deepEqual([ended.state, ended.done], ['done', 0])
  assert.match(await ok('dead-letters', 'bulks'), new RegExp(`${begun.bulk_id} +drop +done`))
  assert.equal((await cli(['dead-letters', 'cancel', begun.bulk_id], { env: server.env })).code, 1)
})

test('an alert rule is shown, disabled and enabled', { timeout: 60_000 }, async () => {
  const rule = await json<{ id: string }>(
    ...['alerts', 'create', 'Dead', '--kind', 'dead_letters', '--above', '5', '--email', 'a@example.com'],
  )
  assert.match(await ok('alerts', 'show', rule.id), /when +dead_letters > 5[\s\S]*active +yes/)
  assert.match(await ok('alerts', 'disable', rule.id), /active +no/)
  assert.equal((await json<{ active: boolean }>('alerts', 'show', rule.id)).active, false)
  assert.match(await ok('alerts', 'enable', rule.id), /active +yes/)
  await ok('alerts', 'delete', rule.id)
  assert.equal((await cli(['alerts', 'show', rule.id], { env: server.env })).code, 5)
})

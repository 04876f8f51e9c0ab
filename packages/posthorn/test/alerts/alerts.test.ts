/** Alerts on the real engine: a real SMTP server, a real target in place of Slack, a clock that is moved. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { until } from '../../../../e2e/support/until.ts'
import type { Alert } from '../../src/domain/alert.ts'
import { startTarget } from '../../src/testing/target.ts'
import { ADMIN_KEY, type Desk, openDesk } from '../api/support/console.ts'
import { MailServer } from './support/mail-server.ts'

const MINUTE_MS = 60_000
/** A look every 15 seconds. */
const LOOK_MS = 15_000

async function open(t: TestContext) {
  const mails = new MailServer()
  const url = await mails.listen()
  t.after(() => mails.close())
  const slack = await startTarget()
  t.after(() => slack.close())
  const target = await startTarget()
  t.after(() => target.close())
  const mail = { url, from: 'posthorn@example.com' }
  const desk = await openDesk(t, { mail, publicUrl: 'https://hooks.example.com' })
  const { key } = await desk.tenant('acme')
  await desk.instance.engine.start()
  return { desk, key, mails, slack, target, mail }
}

async function rule(desk: Desk, body: object, key = ADMIN_KEY): Promise<{ id: string }> {
  const made = await desk.keyed('POST', '/alert-rules', { name: 'Watch', ...body }, key)
  assert.equal(made.statusCode, 201, made.body)
  return made.json()
}

async function alerts(desk: Desk, key = ADMIN_KEY, query = ''): Promise<Array<Record<string, unknown>>> {
  return (await desk.keyed('GET', `/alerts${query}`, undefined, key)).json().data
}

/** Looks at once, and until nothing waits to be told any more, what is tried again later left aside. */
async function settled(desk: Desk, ms = LOOK_MS): Promise<void> {
  await desk.clock.advance(ms)
  await until('everything to be told', async () => {
    await desk.clock.advance(0)
    const found = await desk.store.alerts.live()
    const now = desk.clock.now()
    // Claimed: nobody has said yet how it went.
    return found.every(({ record }: { record: Alert }) =>
      record.notices.every(
        ({ notice, dueAt, error, tries }) =>
          notice !== 'waiting' || (error !== null && dueAt > now && tries > 0),
      ),
    )
  })
}

/** A dead letter: the target refuses for good. */
async function deadLetter(desk: Desk, key: string, url: string): Promise<string> {
  const made = await desk.keyed(
    'POST',
    '/subscriptions',
    { name: `CRM <!channel> @here ![](http://x.example)`, url, events: ['user.*'], retry: [] },
    key,
  )
  assert.equal(made.statusCode, 201, made.body)
  return made.json<{ id: string }>().id
}

async function publish(desk: Desk, key: string): Promise<void> {
  const sent = await desk.keyed('POST', '/events', { event_type: 'user.made', data: 1 }, key)
  assert.equal(sent.statusCode, 202)
}

async function deadNow(desk: Desk, count: number): Promise<void> {
  await until('dead letters', async () => {
    await desk.clock.advance(0)
    return (await desk.store.upkeep.counts()).dead === count
  })
}

test('an alert is told once to e-mail, Slack and subscriptions, and once more when it is over', async (t) => {
  const { desk, key, mails, slack, target } = await open(t)
  target.answer({ status: 500 })
  const id = await deadLetter(desk, key, target.url)
  const hook = await startTarget()
  t.after(() => hook.close())
  const wanted = { name: 'ops', url: hook.url, events: ['posthorn.alert.*'] }
  await desk.keyed('POST', '/subscriptions', wanted, key)
  const secretUrl = new URL('/services/T000/SECRET', slack.url).href
  await rule(
    desk,
    {
      name: 'Too many dead',
      when: { kind: 'dead_letters', above: 0, subscription_id: id },
      ...{ hold_s: 30, clear_s: 60, emails: ['ops@example.com'], slack_urls: [secretUrl] },
    },
    key,
  )
  await publish(desk, key)
  await deadNow(desk, 1)
  const since = desk.clock.now() + LOOK_MS
  await settled(desk)
  assert.deepEqual(await alerts(desk), [], 'it has not held for long enough')
  assert.equal(mails.mails.length, 0)
  await settled(desk, 30_000)
  const [opened] = await alerts(desk, key)
  assert.deepEqual(
    [opened?.state, opened?.value, opened?.above, Date.parse(String(opened?.since))],
    ['open', 1, 0, since],
  )
  // And then nothing, however long it lasts.
  await settled(desk, 20 * MINUTE_MS)
  assert.equal(mails.mails.length, 1)
  assert.deepEqual(mails.mails[0]?.to, ['ops@example.com'])
  const text = mails.mails[0]?.raw ?? ''
  assert.match(text, /^Subject: \[Posthorn\] Alert: Too many dead \(dead letters\)\r$/m)
  assert.match(text, /^There are 1 dead letters\. The limit is 0\.\r$/m)
  assert.ok(text.includes(`Since: ${new Date(since).toISOString()}`))
  assert.ok(text.includes(`https://hooks.example.com/subscriptions/${id}?tenant=ten_`))
  assert.equal(slack.requests.length, 1)
  const said = JSON.parse(Buffer.from(slack.requests[0]?.body ?? '').toString()).text as string
  assert.ok(said.includes('CRM &lt;!channel&gt;') && !said.includes('<'), said)
  // What relatives of Slack read besides.
  assert.doesNotMatch(said, /@here|\]\(/)
  assert.equal(slack.requests[0]?.path, '/services/T000/SECRET')
  assert.equal(hook.requests.length, 1)
  const event = JSON.parse(Buffer.from(hook.requests[0]?.body ?? '').toString())
  assert.equal(event.type, 'posthorn.alert.opened')
  assert.deepEqual([event.data.rule, event.data.value, event.data.subject.id], ['Too many dead', 1, id])

  const [dead] = (await desk.keyed('GET', '/deliveries?state=dead', undefined, key)).json().data
  target.answer({ status: 200 })
  await desk.keyed('POST', `/deliveries/${dead.id}/retry`, undefined, key)
  await deadNow(desk, 0)
  await settled(desk, LOOK_MS)
  await settled(desk, 45_000)
  assert.equal(mails.mails.length, 1, 'it is not over for long enough')
  await settled(desk, 30_000)
  const [closed] = await alerts(desk, key)
  assert.equal(closed?.state, 'closed')
  assert.deepEqual(
    ((closed?.notices ?? []) as Array<{ change: string; channel: string; state: string }>).map(
      ({ change, channel, state }) => `${change} ${channel} ${state}`,
    ),
    ['opened', 'closed'].flatMap((change) =>
      ['event', 'email', 'slack'].map((one) => `${change} ${one} sent`),
    ),
  )
  await until('the event', () => hook.requests.length === 2)
  assert.deepEqual([mails.mails.length, slack.requests.length], [2, 2])
  assert.match(mails.mails[1]?.raw ?? '', /^Subject: \[Posthorn\] Over: Too many dead/m)
  // Nowhere is the URL shown, nor kept in the clear.
  const rules = await desk.keyed('GET', '/alert-rules', undefined, key)
  assert.deepEqual(rules.json().data[0].slack_hosts, [new URL(slack.url).host])
  const kept = await Promise.all([
    desk.store.alertRules.list({ tenantId: null, before: null, limit: 9 }),
    desk.store.alerts.list({ tenantId: null, before: null, limit: 9 }),
    desk.store.audit.list({ ...EVERYTHING }),
  ])
  assert.ok(!JSON.stringify([kept, desk.log]).includes('SECRET'))
  assert.ok(!desk.heard.join().includes('SECRET'))
})

const EVERYTHING = {
  ...{ tenantId: null, action: null, actor: null, objectId: null },
  ...{ since: null, until: null, before: null, limit: 100 },
}

test('a channel that fails is tried again and told in the log, and holds up no other', async (t) => {
  const { desk, key, mails, slack, target } = await open(t)
  target.answer({ status: 500 })
  await deadLetter(desk, key, target.url)
  const hole = await startTarget()
  t.after(() => hole.close())
  hole.answer({ status: 503 })
  mails.refuse = 'Mailbox is full'
  await rule(desk, {
    when: { kind: 'dead_letters', above: 0 },
    ...{ hold_s: 0, emails: ['ops@example.com'], slack_urls: [hole.url, slack.url] },
  })
  await publish(desk, key)
  await deadNow(desk, 1)
  await settled(desk)
  assert.equal(slack.requests.length, 1)
  assert.equal(hole.requests.length, 1)
  const failures = desk.log.filter((line) => JSON.stringify(line).includes('could not be told'))
  assert.deepEqual(
    failures.map((line) => (line as [string, { channel: string; tries: number }])[1].channel).toSorted(),
    ['email', 'slack'],
  )
  assert.match(JSON.stringify(failures), /Mailbox is full/)
  assert.match(JSON.stringify(await alerts(desk)), /Mailbox is full/)
  mails.refuse = null
  hole.answer({ status: 200 })
  await settled(desk, 45_000)
  assert.deepEqual([mails.mails.length, hole.requests.length, slack.requests.length], [1, 2, 1])
})

test("a tenant is not told what the operator's mail server says, nor a header by a name", async (t) => {
  const { desk, key, mails, target } = await open(t)
  target.answer({ status: 500 })
  await deadLetter(desk, key, target.url)
  mails.refuse = 'relay-7.internal.example says no'
  const name = `Bcc: a@evil.example \u2028 =?utf-8?Q?=0D=0ABcc:_b@evil.example?= <b>x</b> ${'x'.repeat(60)}`
  await rule(
    desk,
    { name, when: { kind: 'dead_letters', above: 0 }, hold_s: 0, emails: ['o@example.com'] },
    key,
  )
  await publish(desk, key)
  await deadNow(desk, 1)
  await settled(desk)
  const told = JSON.stringify(await alerts(desk, key))
  assert.match(told, /The mail server did not take it\./)
  assert.doesNotMatch(told, /internal\.example/)
  assert.match(JSON.stringify(desk.log), /relay-7\.internal\.example/)
  mails.refuse = null
  await settled(desk, 45_000)
  assert.deepEqual(mails.mails[0]?.to, ['o@example.com'])
  const head = (mails.mails[0]?.raw ?? '').split('\r\n\r\n', 1)[0] ?? ''
  const fields = head.split(/\r\n(?![ \t])/).map((line) => line.slice(0, line.indexOf(':')).toLowerCase())
  assert.ok(fields.includes('subject') && !fields.includes('bcc') && !fields.includes('cc'), head)
  assert.match(head, /^content-type: text\/plain/im)
})

test('after a restart an alert that is open is not told again, and goes on from where it was', async (t) => {
  const { desk, key, mails, target, mail } = await open(t)
  target.answer({ status: 500 })
  await deadLetter(desk, key, target.url)
  const watched = { when: { kind: 'dead_letters', above: 0 }, hold_s: 60, emails: ['ops@example.com'] }
  await rule(desk, watched)
  await publish(desk, key)
  await deadNow(desk, 1)
  await settled(desk)
  // It is pending now: another process has it, with the same begin.
  const second = await openDesk(t, { beside: desk, mail })
  await desk.instance.engine.stop()
  await second.instance.engine.start()
  await settled(second, LOOK_MS)
  assert.equal(mails.mails.length, 0)
  await settled(second, 45_000)
  assert.equal(mails.mails.length, 1)
  const third = await openDesk(t, { beside: desk, mail })
  await second.instance.engine.stop()
  await third.instance.engine.start()
  await settled(third, 10 * MINUTE_MS)
  assert.equal(mails.mails.length, 1)
  assert.equal((await alerts(third)).length, 1)
  await third.instance.engine.stop()
})

test('two processes that look at the same time tell once', async (t) => {
  const { desk, key, mails, slack, target, mail } = await open(t)
  target.answer({ status: 500 })
  await deadLetter(desk, key, target.url)
  const second = await openDesk(t, { beside: desk, mail })
  await second.instance.engine.start()
  t.after(() => second.instance.engine.stop())
  await rule(desk, {
    when: { kind: 'dead_letters', above: 0 },
    ...{ hold_s: 30, emails: ['ops@example.com'], slack_urls: [slack.url] },
  })
  await publish(desk, key)
  await deadNow(desk, 1)
  for (let times = 0; times < 8; times += 1) await settled(desk)
  assert.deepEqual([mails.mails.length, slack.requests.length], [1, 1])
  assert.equal((await alerts(desk)).length, 1)
})

test('the owner of a subscription hears when it begins to fail, recovers, is disabled', async (t) => {
  const { desk, key, mails, target } = await open(t)
  const hook = await startTarget()
  t.after(() => hook.close())
  await desk.keyed(
    'POST',
    '/subscriptions',
    { name: 'ops', url: hook.url, events: ['posthorn.subscription.*'] },
    key,
  )
  target.answer({ status: 503 })
  const body = {
    name: 'CRM',
    url: target.url,
    events: ['user.*'],
    retry: [70, 70],
    owner_email: 'ada@acme.example',
  }
  const { id } = (await desk.keyed('POST', '/subscriptions', body, key)).json()
  await publish(desk, key)
  await until('the first attempt', () => target.requests.length === 1)
  await settled(desk, 5_000)
  assert.equal(mails.mails.length, 0)
  await settled(desk, 75_000)
  await until('the second attempt', () => target.requests.length >= 2)
  await settled(desk)
  await settled(desk)
  assert.equal(mails.mails.length, 1, JSON.stringify(await alerts(desk)))
  assert.deepEqual(mails.mails[0]?.to, ['ada@acme.example'])
  assert.match(mails.mails[0]?.raw ?? '', /Alert: CRM \(a subscription fails\)/)
  assert.match(mails.mails[0]?.raw ?? '', /Nothing but failures, the last one: .*503/)
  target.answer({ status: 200 })
  await settled(desk, 75_000)
  for (let times = 0; times < 7; times += 1) await settled(desk)
  assert.match(mails.mails.at(-1)?.raw ?? '', /Over: CRM/)
  assert.equal(mails.mails.length, 2)

  target.answer({ status: 410 })
  await publish(desk, key)
  await until('it to be disabled', async () => {
    await desk.clock.advance(0)
    return (await desk.keyed('GET', `/subscriptions/${id}`, undefined, key)).json().disabled_reason === 'gone'
  })
  await settled(desk)
  assert.equal(mails.mails.length, 3)
  assert.match(mails.mails[2]?.raw ?? '', /its target answered 410 Gone/)
  await until('the events', () => hook.requests.length >= 3)
  assert.deepEqual(
    hook.requests.map(({ body: bytes }) => JSON.parse(Buffer.from(bytes).toString()).type),
    ['posthorn.subscription.failing', 'posthorn.subscription.recovered', 'posthorn.subscription.disabled'],
  )
  // Paused by hand, or deleted: nothing has recovered.
  await desk.keyed('DELETE', `/subscriptions/${id}`, undefined, key)
  for (let times = 0; times < 6; times += 1) await settled(desk)
  assert.equal(mails.mails.length, 3)
  assert.deepEqual(await alerts(desk, key, '?state=open'), [])
})

test('a subscription that is enabled anew and goes on failing has not recovered', async (t) => {
  const { desk, key, mails, target } = await open(t)
  target.answer({ status: 503 })
  const owned = { retry: [70, 70, 70, 70, 70], owner_email: 'ada@acme.example' }
  const made = { name: 'CRM', url: target.url, events: ['user.*'], ...owned }
  const { id } = (await desk.keyed('POST', '/subscriptions', made, key)).json()
  await publish(desk, key)
  await until('the first attempt', () => target.requests.length === 1)
  await settled(desk, 5_000)
  await settled(desk, 75_000)
  await until('the second attempt', () => target.requests.length >= 2)
  await settled(desk)
  await settled(desk)
  assert.equal(mails.mails.length, 1)
  // By itself it forgets since when it has failed: a new begin.
  await desk.keyed('PATCH', `/subscriptions/${id}`, { active: true }, key)
  await publish(desk, key)
  for (let times = 0; times < 10; times += 1) await settled(desk)
  assert.equal(mails.mails.length, 1, mails.mails[1]?.raw)
  target.answer({ status: 200 })
  for (let times = 0; times < 12; times += 1) await settled(desk)
  assert.equal(mails.mails.length, 2)
  assert.match(mails.mails[1]?.raw ?? '', /Over: CRM/)
})

test('failure rate, late deliveries, a silent source: each is found, and words say it', async (t) => {
  const { desk, key, target } = await open(t)
  target.answer({ status: 500 })
  await deadLetter(desk, key, target.url)
  const shop = { slug: 'shop', provider: 'standard-webhooks', secrets: [`whsec_${'A'.repeat(32)}`] }
  assert.equal((await desk.keyed('POST', '/sources', shop, key)).statusCode, 201)
  const now = { hold_s: 0 }
  await rule(desk, { ...now, when: { kind: 'failure_rate', above: 50, min_attempts: 2 } }, key)
  await rule(desk, { ...now, when: { kind: 'source_silent', above: 60, source_id: 'shop' } }, key)
  const refused = { kind: 'refused_signatures', above: 0, source_id: 'shop' }
  await rule(desk, { ...now, when: refused }, key)
  await rule(desk, { ...now, when: { kind: 'oldest_due', above: 60 } }, key)
  await publish(desk, key)
  await publish(desk, key)
  await deadNow(desk, 2)
  await settled(desk)
  const causes = async () =>
    (await alerts(desk, key)).map(({ kind, cause }) => `${kind}: ${cause}`).toSorted()
  assert.deepEqual(await causes(), [
    'failure_rate: 2 of 2 attempts of the last 5 min have failed: 100 %. The limit is 50 %.',
  ])
  const { url } = await desk.server.listen({ host: '127.0.0.1', port: 0 })
  t.after(() => desk.server.close())
  const [source] = (await desk.keyed('GET', '/sources', undefined, key)).json().data
  assert.equal((await fetch(`${url}/in/${source.id}`, { method: 'POST', body: '{}' })).status, 401)
  await settled(desk, 5 * LOOK_MS)
  const found = await causes()
  assert.ok(found.includes('source_silent: No event has come. The limit is 1 min.'), found.join('\n'))
  assert.ok(
    found.includes(
      'refused_signatures: 1 requests of the last 5 min were refused for their signature. The limit is 0.',
    ),
    found.join('\n'),
  )
})

test('a rule that is deleted or off ends its alert without a word', async (t) => {
  const { desk, key, mails, target } = await open(t)
  target.answer({ status: 500 })
  await deadLetter(desk, key, target.url)
  const when = { kind: 'dead_letters', above: 0 }
  const first = await rule(desk, { when, hold_s: 0, emails: ['ops@example.com'] }, key)
  await publish(desk, key)
  await deadNow(desk, 1)
  await settled(desk)
  assert.equal(mails.mails.length, 1)
  assert.equal((await desk.keyed('DELETE', `/alert-rules/${first.id}`, undefined, key)).statusCode, 204)
  await settled(desk)
  assert.deepEqual(
    (await alerts(desk)).map(({ state }) => state),
    ['closed'],
  )
  assert.equal(mails.mails.length, 1)
})

test('tenants never see each other’s rules and alerts, and the operator sees all', async (t) => {
  const { desk, key: acme, target } = await open(t)
  const { key: other } = await desk.tenant('other')
  const { key: reader } = await desk.tenant('third', 'read')
  target.answer({ status: 500 })
  const id = await deadLetter(desk, acme, target.url)
  const when = { kind: 'dead_letters', above: 0 }
  const own = await rule(desk, { when, hold_s: 0 }, acme)
  const others = await rule(desk, { when, hold_s: 0 }, other)
  const operators = await rule(desk, { when, hold_s: 0 })
  await publish(desk, acme)
  await deadNow(desk, 1)
  await settled(desk)
  const rulesOf = async (key: string) => (await alerts(desk, key)).map(({ rule_id }) => rule_id).toSorted()
  assert.deepEqual(await rulesOf(acme), [own.id])
  assert.deepEqual(await rulesOf(other), [])
  assert.deepEqual(await rulesOf(ADMIN_KEY), [own.id, operators.id].toSorted())
  for (const foreign of [own.id, operators.id])
    for (const [method, body] of [['GET'], ['PATCH', { name: 'x' }], ['DELETE']] as const) {
      const answer = await desk.keyed(method, `/alert-rules/${foreign}`, body, other)
      assert.equal(answer.statusCode, 404, `${method} ${foreign}`)
    }
  const listed = (await desk.keyed('GET', '/alert-rules', undefined, other)).json().data
  assert.deepEqual(
    listed.map((one: { id: string }) => one.id),
    [others.id],
  )
  assert.equal((await desk.keyed('POST', '/alert-rules', {}, reader)).statusCode, 403)
  const stolen = { name: 'x', when: { ...when, subscription_id: id } }
  assert.equal((await desk.keyed('POST', '/alert-rules', stolen, other)).statusCode, 400)
})

test('bad rules are refused, with the field that is wrong', async (t) => {
  const { desk, key } = await open(t)
  const dead = { kind: 'dead_letters', above: 1 }
  const wrong: ReadonlyArray<readonly [body: object, path: string | RegExp]> = [
    [{ when: { kind: 'nothing' } }, '/when/kind'],
    [{ when: { kind: 'dead_letters' } }, '/when/above'],
    [{ when: { ...dead, window_s: 60 } }, '/when/window_s'],
    [{ when: { kind: 'failure_rate', above: 100 } }, '/when/above'],
    [{ when: { kind: 'failure_rate', above: 5, window_s: 59 } }, '/when/window_s'],
    [{ when: { kind: 'subscription_disabled', above: 1 } }, '/when/above'],
    [{ when: { kind: 'source_silent', above: 60 } }, '/when/source_id'],
    [{ when: { kind: 'source_silent', above: 60, source_id: 'nothing' } }, '/when/source_id'],
    [{ when: { ...dead, source_id: 'shop' } }, '/when/source_id'],
    [{ when: { ...dead, subscription_id: 'sub_x' } }, '/when/subscription_id'],
    [{ when: dead, hold_s: -1 }, '/hold_s'],
    [{ when: dead, remind_s: 5 }, /^\/remind_s/],
    [{ when: dead, emails: ['nobody'] }, '/emails/0'],
    [{ when: dead, emails: ['a@b.c\r\nBcc: x@y.z'] }, '/emails/0'],
    [{ when: dead, slack_urls: ['https://10.0.0.1/x'] }, '/slack_urls/0'],
    [{ when: dead, slack_urls: ['file:///etc/passwd'] }, '/slack_urls/0'],
    [{ when: dead, name: 'a\nb' }, '/name'],
    [{ when: dead, colour: 'red' }, '/colour'],
  ]
  for (const [body, path] of wrong) {
    const answer = await desk.keyed('POST', '/alert-rules', { name: 'r', ...body }, key)
    assert.ok([400, 422].includes(answer.statusCode), `${JSON.stringify(body)}: ${answer.body}`)
    const paths = answer.json<{ errors: Array<{ path: string }> }>().errors.map((one) => one.path)
    const fits = paths.some((one) => (typeof path === 'string' ? one === path : path.test(one)))
    assert.ok(fits, `${JSON.stringify(body)}: ${paths}`)
  }
  const { id } = await rule(desk, { when: dead, remind_s: 600 }, key)
  const patched = await desk.keyed('PATCH', `/alert-rules/${id}`, { remind_s: null, hold_s: 7 }, key)
  assert.deepEqual([patched.json().remind_s, patched.json().hold_s, patched.json().when.above], [null, 7, 1])
  assert.equal((await desk.keyed('PATCH', `/alert-rules/${id}`, {}, key)).statusCode, 400)
})

test('rules that ask for the same are answered by one count of the store in each look', async (t) => {
  const { desk, key } = await open(t)
  for (let count = 0; count < 8; count += 1) {
    await rule(desk, { when: { kind: 'dead_letters', above: count } }, key)
    await rule(desk, { when: { kind: 'failure_rate', above: 10 + count, window_s: 300 } }, key)
  }
  const measure = t.mock.method(desk.store.alerts, 'measure')
  await settled(desk)
  const asked = measure.mock.calls.map(({ arguments: [what] }) => what?.of)
  assert.deepEqual(asked.toSorted(), ['attempts', 'dead'])
  await settled(desk)
  assert.equal(measure.mock.callCount(), 4, 'what was counted in a look holds in that one only')
})

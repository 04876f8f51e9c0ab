/** The application beside this file as a process, sent what Stripe and GitHub sign with their own libraries. */
import assert from 'node:assert/strict'
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import type { Readable } from 'node:stream'
import { after, before, test } from 'node:test'
import { sign } from '@octokit/webhooks-methods'
import Stripe from 'stripe'

const STRIPE_WEBHOOK_SECRET = 'whsec_of_the_example_application'
const GITHUB_WEBHOOK_SECRET = 'a secret typed into the webhook'

const dataDir = mkdtempSync(join(tmpdir(), 'posthorn-example-'))
const vendor = new Stripe('sk_test_1')
let application: ChildProcessByStdio<null, Readable, Readable>
let lines: AsyncIterator<string>
let url = ''
let log = ''

before(async () => {
  const env = {
    PATH: process.env.PATH,
    STRIPE_WEBHOOK_SECRET,
    GITHUB_WEBHOOK_SECRET,
    DATA_DIR: dataDir,
    PORT: '0',
  }
  application = spawn(process.execPath, [join(import.meta.dirname, 'server.ts')], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  application.stderr.on('data', (chunk) => {
    log += chunk
  })
  lines = createInterface(application.stdout)[Symbol.asyncIterator]()
  url = (await nextLine()).replace('listening on ', '')
})

after(() => {
  application.kill('SIGKILL')
  rmSync(dataDir, { recursive: true, force: true })
})

/** The next line that the application prints. */
async function nextLine(): Promise<string> {
  const { value, done } = await lines.next()
  return done ? assert.fail(`the application ended:\n${log}`) : value
}

async function post(path: string, body: string, headers: Record<string, string>): Promise<number> {
  const json = { 'content-type': 'application/json', ...headers }
  return (await fetch(`${url}/webhooks/${path}`, { method: 'POST', headers: json, body })).status
}

function fromStripe(event: object, secret = STRIPE_WEBHOOK_SECRET): Promise<number> {
  const payload = JSON.stringify(event)
  const header = vendor.webhooks.generateTestHeaderString({ payload, secret })
  return post('stripe', payload, { 'stripe-signature': header })
}

async function fromGithub(id: string, name: string, payload: object): Promise<number> {
  const body = JSON.stringify(payload)
  return post('github', body, {
    'x-github-delivery': id,
    'x-github-event': name,
    'x-hub-signature-256': await sign(GITHUB_WEBHOOK_SECRET, body),
  })
}

function invoicePaid(event: string, invoice: string) {
  const object = { id: invoice, object: 'invoice', customer: 'cus_1', amount_paid: 1250, currency: 'eur' }
  return { id: event, object: 'event', type: 'invoice.paid', data: { object } }
}

test('a paid invoice is booked once, however often Stripe tells of it', async () => {
  const told = Array.from({ length: 10 }, () => fromStripe(invoicePaid('evt_1', 'in_1')))
  assert.deepEqual(new Set(await Promise.all(told)), new Set([200]))
  assert.equal(await fromStripe(invoicePaid('evt_1', 'in_1')), 200)
  assert.equal(await nextLine(), 'in_1: 12.5 eur paid')
})

test('a handler that throws is called again', async () => {
  const object = { id: 'sub_1', object: 'subscription' }
  assert.equal(
    await fromStripe({ id: 'evt_2', type: 'customer.subscription.deleted', data: { object } }),
    200,
  )
  assert.equal(await nextLine(), 'sub_1: mail about customer.subscription.deleted, attempt 2')
})

test('GitHub: what is no business of the handler is dropped, the rest is handled', async () => {
  const repository = { full_name: 'a/b' }
  const issue = (number: number, type: string) => ({ number, title: 'It does not work', user: { type } })
  assert.equal(
    await fromGithub('d-1', 'issues', { action: 'opened', issue: issue(6, 'Bot'), repository }),
    200,
  )
  assert.equal(await fromGithub('d-2', 'push', { ref: 'refs/heads/main', repository }), 200)
  assert.equal(
    await fromGithub('d-3', 'issues', { action: 'opened', issue: issue(7, 'User'), repository }),
    200,
  )
  assert.equal(await nextLine(), 'a/b#7: It does not work')
})

test('a forged request is refused, and nothing of it is handled', async () => {
  assert.equal(await fromStripe(invoicePaid('evt_3', 'in_3'), 'whsec_of_somebody_else_entirely'), 401)
  assert.equal(await post('github', '{}', { 'x-github-event': 'issues', 'x-github-delivery': 'd-4' }), 401)
  assert.equal(await fromStripe(invoicePaid('evt_4', 'in_4')), 200)
  assert.equal(await nextLine(), 'in_4: 12.5 eur paid')
})

test('it ends in order, and its table has each paid invoice once', async () => {
  const exited = once(application, 'exit')
  application.kill('SIGTERM')
  assert.deepEqual(await exited, [0, null], log)
  assert.equal((await lines.next()).done, true, 'nothing else was handled')
  const db = new DatabaseSync(join(dataDir, 'posthorn.db'), { readOnly: true })
  const rows = db.prepare('select invoice, customer, cents from payments order by invoice').all()
  db.close()
  assert.deepEqual(
    rows.map((row) => Object.values(row)),
    [
      ['in_1', 'cus_1', 1250],
      ['in_4', 'cus_1', 1250],
    ],
  )
})

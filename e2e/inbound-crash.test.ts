/**
 * `kill -9` of an application at each step of receiving: between store and answer, between answer and handling, inside
 * a handler. Then it is started again on the same folder, and the provider sends again what it got no answer to.
 */
import assert from 'node:assert/strict'
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import type { Readable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { sign } from '@octokit/webhooks-methods'
import { within } from './support/until.ts'

type Point = 'stored' | 'not started' | 'handling' | 'nowhere'

const PROGRAM = fileURLToPath(new URL('support/receiving.ts', import.meta.url))
const SECRET = 'a secret typed into the webhook'

/** The application, run after run on one folder. */
class Application {
  readonly #folder = mkdtempSync(join(tmpdir(), 'posthorn-e2e-'))
  #child!: ChildProcessByStdio<null, Readable, null>
  #exited!: Promise<unknown[]>
  #lines!: AsyncIterator<string>
  #url = ''

  constructor(t: TestContext) {
    t.after(() => {
      this.#child.kill('SIGKILL')
      rmSync(this.#folder, { recursive: true, force: true })
    })
  }

  async start(point: Point): Promise<void> {
    const args = [PROGRAM, this.#folder, SECRET, point]
    this.#child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#exited = once(this.#child, 'exit')
    this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]()
    this.#url = (await this.line()).replace('listening on ', '')
  }

  /** The next line that it says. */
  async line(): Promise<string> {
    const { value, done } = await within('a line of the application', this.#lines.next())
    return done ? assert.fail('the application ended') : value
  }

  /** @returns the status; null when there was no answer */
  async send(id: string): Promise<number | null> {
    const body = JSON.stringify({ action: 'opened', text: id })
    const headers = {
      'content-type': 'application/json',
      'x-github-delivery': id,
      'x-github-event': 'issues',
      'x-hub-signature-256': await sign(SECRET, body),
    }
    return fetch(this.#url, { method: 'POST', headers, body }).then(
      ({ status }) => status,
      () => null,
    )
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    assert.deepEqual(await this.ended(), [null, 'SIGKILL'])
  }

  ended(): Promise<unknown[]> {
    return within('the end of the application', this.#exited)
  }

  /** Ends it in order; it must have had nothing more to say. @returns what its folder holds */
  async stop() {
    this.#child.kill('SIGTERM')
    assert.deepEqual(await this.ended(), [0, null])
    assert.deepEqual(await this.#lines.next(), { value: undefined, done: true })
    return this.stored()
  }

  stored() {
    const db = new DatabaseSync(join(this.#folder, 'posthorn.db'), { readOnly: true })
    const rows = (sql: string) =>
      db
        .prepare(sql)
        .all()
        .map((row) => Object.values(row))
    try {
      return {
        events: rows('select id from events order by key').flat(),
        requests: rows('select verdict from requests order by id').flat(),
        deliveries: rows('select state, attempts from deliveries order by id'),
      }
    } finally {
      db.close()
    }
  }
}

test('killed between store and answer: the provider sends again, and it is stored and handled once', async (t) => {
  const application = new Application(t)
  await application.start('stored')
  assert.equal(await application.send('d-1'), null)
  assert.deepEqual(await application.ended(), [null, 'SIGKILL'])
  assert.deepEqual(application.stored().events, ['d-1'])

  await application.start('not started')
  assert.equal(await application.send('d-1'), 200)
  await application.kill()
  await application.start('nowhere')
  assert.equal(await application.line(), 'handled d-1, attempt 1')
  assert.equal(await application.send('d-1'), 200)
  assert.equal(await application.send('d-2'), 200)
  assert.equal(await application.line(), 'handled d-2, attempt 1')
  assert.deepEqual(await application.stop(), {
    events: ['d-1', 'd-2'],
    requests: ['accepted', 'duplicate', 'duplicate', 'accepted'],
    deliveries: [
      ['delivered', 1],
      ['delivered', 1],
    ],
  })
})

test('killed between answer and handling: what was answered is handled after the start, once', async (t) => {
  const application = new Application(t)
  await application.start('not started')
  const ids = Array.from({ length: 20 }, (_, at) => `d-${at + 10}`)
  assert.deepEqual(new Set(await Promise.all(ids.map((id) => application.send(id)))), new Set([200]))
  await application.kill()

  await application.start('nowhere')
  const handled = new Set<string>()
  for (const _ of ids) handled.add(await application.line())
  assert.deepEqual(
    [...handled].sort(),
    ids.map((id) => `handled ${id}, attempt 1`),
  )
  const { events, requests, deliveries } = await application.stop()
  assert.deepEqual(events.toSorted(), ids)
  assert.deepEqual(
    requests,
    ids.map(() => 'accepted'),
  )
  assert.deepEqual(
    deliveries,
    ids.map(() => ['delivered', 1]),
  )
})

test('killed inside a handler: it is called again with the same event, at least once', async (t) => {
  const application = new Application(t)
  await application.start('handling')
  assert.equal(await application.send('d-1'), 200)
  assert.equal(await application.line(), 'handling d-1, attempt 1')
  await application.kill()

  await application.start('nowhere')
  // What was in flight at a kill costs no attempt.
  assert.equal(await application.line(), 'handled d-1, attempt 1')
  assert.deepEqual(await application.stop(), {
    events: ['d-1'],
    requests: ['accepted'],
    deliveries: [['delivered', 1]],
  })
})

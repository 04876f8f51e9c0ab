import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSigner, github, type SignatureScheme, stripe, type VerifyRequest } from '@posthorn/receiver'
import { createPosthorn, type LibraryOptions } from '../../../src/library/posthorn.ts'
import type { Store } from '../../../src/ports/store.ts'
import { openSqliteStore } from '../../../src/storage/sqlite/open.ts'
import { FakeClock } from '../../../src/testing/fake-clock.ts'
import { Recorder } from '../../../src/testing/recorder.ts'
import { SeededRandom } from '../../../src/testing/seeded-random.ts'

export const SECRET = 'whsec_a_secret_of_a_provider_for_tests'
export const STRIPE = { scheme: stripe(), secrets: [SECRET] }
export const GITHUB = { scheme: github(), secrets: [SECRET] }
export const SECOND = 1_000
export const MINUTE = 60_000
const DRAIN_MS = 1_000

/** An application with Posthorn in it, on a clock that stands still. */
export async function openShop(options: LibraryOptions = {}, clock = new FakeClock()) {
  const recorder = new Recorder()
  const log: Array<[text: string, fields: Record<string, unknown>]> = []
  const note = (text: string, fields?: object) => void log.push([text, { ...fields }])
  const posthorn = await createPosthorn({
    ...{ dataDir: ':memory:', secretKey: 'a secret key for these tests only', storeThread: false },
    ...{ clock, random: new SeededRandom(3), drainMs: DRAIN_MS, telemetry: recorder },
    logger: { info: note, warn: note, error: note },
    ...options,
  })
  const close = async () => {
    const stopping = posthorn.stop()
    await clock.advance(DRAIN_MS)
    await stopping
  }
  const tenant = await posthorn.use.tenants.get('default')
  const stored = (id: string, source = 'stripe') => posthorn.use.events.get(tenant.id, id, `src_${source}`)
  return { posthorn, clock, recorder, log, close, tenant, stored, [Symbol.asyncDispose]: close }
}

/** A store in memory that can be made to take in nothing. */
export async function fragileStore(clock: FakeClock) {
  const store = await openSqliteStore({
    ...{ dataDir: ':memory:', thread: false },
    nextTurn: (run) => clock.nextTurn(run),
  })
  const state = { broken: false }
  const receive: Store['requests']['receive'] = (batch) =>
    state.broken ? Promise.reject(new Error('the disk is away')) : store.requests.receive(batch)
  return { store: { ...store, requests: { ...store.requests, receive } }, state }
}

/** A data folder that outlives a restart of the application within a test. */
export function tempFolder() {
  const dataDir = mkdtempSync(join(tmpdir(), 'posthorn-library-'))
  return { dataDir, [Symbol.dispose]: () => rmSync(dataDir, { recursive: true }) }
}

interface Delivered {
  readonly id?: string
  readonly type?: string
  readonly body?: string | Uint8Array
  readonly scheme?: SignatureScheme
  readonly secret?: string
}

interface Webhook extends VerifyRequest {
  readonly method: string
  readonly url: string
}

/** A request as Stripe (or another) would send it now. */
export async function webhook(clock: FakeClock, given: Delivered = {}): Promise<Webhook> {
  const { id = 'evt_1', type = 'invoice.paid', scheme = stripe(), secret = SECRET } = given
  const body = Buffer.from(given.body ?? JSON.stringify({ id, type, data: { object: { total: 4200 } } }))
  const message = { id, type, deliveryId: 'd1', timestampMs: clock.now(), body }
  const headers = await createSigner({ scheme, secrets: [secret] }).sign(message)
  return { headers: [['content-type', 'application/json'], ...headers], body, method: 'POST', url: '/' }
}

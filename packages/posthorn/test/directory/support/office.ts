import { Sessions } from '../../../src/engine/access/sessions.ts'
import { Directory } from '../../../src/engine/directory/directory.ts'
import { EventSchemas } from '../../../src/engine/directory/event-schemas.ts'
import { EventTypes } from '../../../src/engine/directory/event-types.ts'
import { Keys } from '../../../src/engine/directory/keys.ts'
import { Sources } from '../../../src/engine/directory/sources.ts'
import { Subscriptions } from '../../../src/engine/directory/subscriptions.ts'
import { Tenants } from '../../../src/engine/directory/tenants.ts'
import type { InboxSettings } from '../../../src/engine/receive/inbox-settings.ts'
import type { WayIn } from '../../../src/engine/receive/way-in.ts'
import type { TestResult } from '../../../src/engine/use-cases.ts'
import type { Store } from '../../../src/ports/store.ts'
import { openSqliteStore } from '../../../src/storage/sqlite/open.ts'
import { createSecretBox } from '../../../src/system/secret-box.ts'
import { createTimeLimit } from '../../../src/system/time-limit.ts'
import { FakeClock } from '../../../src/testing/fake-clock.ts'
import { SeededRandom } from '../../../src/testing/seeded-random.ts'

export const URL_REFUSED = 'https://10.0.0.1/'

/** Of sessions. */
export const IDLE_MS = 1_800_000
export const MAX_MS = 43_200_000

/** The directory half of the engine on a real store in memory. */
export async function openOffice(wrap: (store: Store) => Store = (store) => store) {
  const clock = new FakeClock()
  const random = new SeededRandom(7)
  const sqlite = await openSqliteStore({
    dataDir: ':memory:',
    thread: false,
    nextTurn: (run) => clock.nextTurn(run),
  })
  const store = wrap(sqlite)
  const secretBox = createSecretBox(['a secret key for these tests only'], random)
  const directory = new Directory({ store, secretBox })
  const schemas = new EventSchemas(createTimeLimit())
  const sessions = new Sessions({ store, clock, random, idleMs: IDLE_MS, maxMs: MAX_MS })
  const keys = new Keys({ store, clock, random, directory, sessions })
  const tenants = new Tenants({ store, clock, random, directory, keys })
  const eventTypes = new EventTypes({ store, clock, directory, schemas })
  const pinged: string[] = []
  const result: TestResult = {
    success: true,
    statusCode: 200,
    responseBody: new Uint8Array(),
    durationMs: 1,
    error: null,
    deliveryId: 'dlv_1',
  }
  const subscriptions = new Subscriptions({
    ...{ store, clock, random, secretBox, directory },
    transport: { refuseUrl: (url) => (url === URL_REFUSED ? 'It leads to a private network.' : null) },
    resumed: () => undefined,
    ping: async (tenant, subscription) => {
      pinged.push(`${tenant.slug} ${subscription.id}`)
      return result
    },
  })
  const opened: InboxSettings[] = []
  const open = (settings: InboxSettings): WayIn => {
    opened.push(settings)
    const answer = { status: 200, body: settings.name }
    return {
      ...{ maxBodyBytes: settings.bodyLimitBytes, admit: () => null, refuseBody: () => answer },
      receive: async () => answer,
    }
  }
  const sources = new Sources({ store, clock, random, secretBox, directory, open })
  const tenant = await tenants.ensureDefaultTenant()
  return {
    ...{ clock, random, store, secretBox, directory, schemas, keys, tenants, eventTypes, subscriptions },
    ...{ sources, opened, sessions },
    ...{ pinged, tenant, [Symbol.asyncDispose]: () => sqlite.close() },
  }
}

/** What `assert.rejects` takes: the code, and optionally the paths of all flaws in order and a piece of the detail. */
export function refusal(code: string, paths?: readonly string[], detail?: RegExp) {
  return (error: unknown): true => {
    const given = error as { code?: string; message?: string; flaws?: ReadonlyArray<{ path: string }> }
    const found = { code: given.code, ...(paths && { paths: given.flaws?.map(({ path }) => path) }) }
    const wanted = { code, ...(paths && { paths }) }
    if (JSON.stringify(found) !== JSON.stringify(wanted) || (detail && !detail.test(given.message ?? '')))
      throw new Error(
        `wanted ${JSON.stringify(wanted)} ${detail ?? ''}, got ${JSON.stringify(found)}: ${given.message}`,
        { cause: error },
      )
    return true
  }
}

export const WANTED = { name: 'orders', url: 'https://example.com/in', events: ['order.*'] } as const

/**
 * The server under test: `server.ts STORE DATA_DIR KEY KIND`, STORE being `sqlite`, `sqlite-inline`, `none`, `postgres` or
 * `postgres-bullmq` (at `PGURL`, `REDISURL`, in `BENCH_SCHEMA`, as `BENCH_ROLE`), KIND being `storing` or `queueing`: with a
 * delivery for each inbound event, which waits. Beside the API it has a source on `node:http`, as an application would.
 */
import { createServer } from 'node:http'
import { nodeHttpAdapter } from '@posthorn/receiver/node-http'
import { createApiServer } from '../../packages/posthorn/src/api/server.ts'
import { findConsole } from '../../packages/posthorn/src/cli/server/console-folder.ts'
import { openInstance } from '../../packages/posthorn/src/instance/instance.ts'
import { inboxSettings } from '../../packages/posthorn/src/library/source-options.ts'
import { systemClock } from '../../packages/posthorn/src/system/clock.ts'
import { SystemRandom } from '../../packages/posthorn/src/system/random.ts'
import { BENCH_SECRET_KEY } from '../keys.ts'
import { openNullStore } from './null-store.ts'

export interface ServerReady {
  readonly url: string
  /** Of the source on `node:http`. */
  readonly inboundPort: number
}

const [store = 'sqlite', dataDir = '.', key = '', kind = 'storing'] = process.argv.slice(2)
const { env } = process
const schema = env.BENCH_SCHEMA ?? `b${process.pid}`
const say = (text: string, fields?: object) =>
  process.stderr.write(`${text} ${JSON.stringify(fields ?? {})}\n`)
const logger = { info: () => undefined, warn: () => undefined, error: say }
const instance = await openInstance({
  ...{ dataDir, adminKey: key, secretKey: BENCH_SECRET_KEY, logger },
  ...{ allowHttp: true, allowNetworks: ['127.0.0.0/8'], drainMs: 0, storeThread: store === 'sqlite' },
  ...(store === 'none' ? { store: await openNullStore() } : {}),
  ...(store.startsWith('postgres') ? { databaseUrl: env.PGURL ?? '', databaseSchema: schema } : {}),
  ...(store === 'postgres-bullmq' ? { redisUrl: env.REDISURL ?? '', redisPrefix: schema } : {}),
  role: (env.BENCH_ROLE ?? 'all') as 'all' | 'api' | 'worker',
})
const { engine } = instance
const tenant = await engine.tenants.get('default')
const inbox = engine.source(inboxSettings(tenant, 'github', { provider: 'github', secrets: [key] }))
// One that never ends holds the only slot: what comes after it is stored with its delivery, and waits.
const waiting = { concurrency: 1, timeoutMs: 3_600_000 }
if (kind === 'queueing') engine.handlers.on('github', '*', () => new Promise(() => undefined), waiting)
await engine.start()
const parts = { useCases: engine, clock: systemClock, random: new SystemRandom(), logger }
const api = createApiServer({
  ...{ ...parts, metrics: () => instance.metrics.scrape(), version: 'bench' },
  consoleFolder: findConsole(),
})
const { url } = await api.listen({ host: '127.0.0.1', port: 0 })
const adapter = nodeHttpAdapter({
  maxBodyBytes: inbox.maxBodyBytes,
  receive: (request) => inbox.receive(request, { address: null, secure: null }),
  failed: (error) => say(error.message),
})
const inbound = createServer(adapter)
inbound.listen(0, '127.0.0.1', () => {
  const ready: ServerReady = { url, inboundPort: (inbound.address() as { port: number }).port }
  process.send?.(ready)
})

process.on('message', (message: { ask: string }) => {
  if (message.ask === 'usage')
    process.send?.({ rss: process.memoryUsage.rss(), memory: process.memoryUsage(), cpu: process.cpuUsage() })
})
process.on('disconnect', () => process.exit(0))

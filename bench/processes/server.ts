/**
 * The server under test: `server.ts STORE DATA_DIR KEY SOURCES KIND`, STORE being `sqlite`, `sqlite-inline`, `none`,
 * `postgres` or `postgres-bullmq` (at `PGURL`, `REDISURL`, in `BENCH_SCHEMA`, as `BENCH_ROLE`),
 * KIND being `storing` or `queueing`: with a delivery for each inbound event, which waits.
 */
import { createServer } from 'node:http'
import { github } from '@posthorn/receiver'
import { nodeHttpAdapter } from '@posthorn/receiver/node-http'
import { createApiServer } from '../../packages/posthorn/src/api/server.ts'
import { openInstance } from '../../packages/posthorn/src/instance/instance.ts'
import { inboxSettings } from '../../packages/posthorn/src/library/source-options.ts'
import { systemClock } from '../../packages/posthorn/src/system/clock.ts'
import { SystemRandom } from '../../packages/posthorn/src/system/random.ts'
import { openNullStore } from './null-store.ts'

export interface ServerReady {
  readonly url: string
  /** Where webhooks come in. */
  readonly wayIn: { readonly port: number; readonly paths: readonly string[] }
}

const [store = 'sqlite', dataDir = '.', key = '', sources = '1', kind = 'storing'] = process.argv.slice(2)
const { env } = process
const schema = env.BENCH_SCHEMA ?? `b${process.pid}`
const say = (text: string, fields?: object) =>
  process.stderr.write(`${text} ${JSON.stringify(fields ?? {})}\n`)
const logger = { info: () => undefined, warn: () => undefined, error: say }
const instance = await openInstance({
  ...{ dataDir, adminKey: key, secretKey: 'a-secret-key-for-the-benchmark', logger },
  ...{ allowHttp: true, allowNetworks: ['127.0.0.0/8'], drainMs: 0, storeThread: store === 'sqlite' },
  ...(store === 'none' ? { store: await openNullStore() } : {}),
  ...(store.startsWith('postgres') ? { databaseUrl: env.PGURL ?? '', databaseSchema: schema } : {}),
  ...(store === 'postgres-bullmq' ? { redisUrl: env.REDISURL ?? '', redisPrefix: schema } : {}),
  role: (env.BENCH_ROLE ?? 'all') as 'all' | 'api' | 'worker',
})
const { engine } = instance
const tenant = await engine.tenants.get('default')
const names = Array.from({ length: Number(sources) }, (_, index) => `github-${index}`)
const adapters = new Map(
  names.map((name) => {
    const inbox = engine.source(inboxSettings(tenant, name, { scheme: github(), secrets: [key] }))
    const adapter = nodeHttpAdapter({
      maxBodyBytes: inbox.maxBodyBytes,
      receive: (request) => inbox.receive(request, { address: null, secure: null }),
      failed: (error) => say(error.message),
    })
    return [`/${name}`, adapter]
  }),
)
// One that never ends holds the only slot: what comes after it is stored with its delivery, and waits.
const waiting = { concurrency: 1, timeoutMs: 3_600_000 }
if (kind === 'queueing')
  for (const name of names) engine.handlers.on(name, '*', () => new Promise(() => undefined), waiting)
await engine.start()
const parts = { useCases: engine, clock: systemClock, random: new SystemRandom(), logger }
const api = createApiServer({ ...parts, metrics: () => instance.metrics.scrape(), version: 'bench' })
const { url } = await api.listen({ host: '127.0.0.1', port: 0 })
const inbound = createServer((request, response) => {
  const adapter = adapters.get(request.url ?? '')
  if (adapter === undefined) response.writeHead(404).end()
  else void adapter(request, response)
})
inbound.listen(0, '127.0.0.1', () => {
  const { port } = inbound.address() as { port: number }
  const ready: ServerReady = { url, wayIn: { port, paths: [...adapters.keys()] } }
  process.send?.(ready)
})

process.on('message', (message: { ask: string }) => {
  if (message.ask === 'usage')
    process.send?.({ rss: process.memoryUsage.rss(), memory: process.memoryUsage(), cpu: process.cpuUsage() })
})
process.on('disconnect', () => process.exit(0))

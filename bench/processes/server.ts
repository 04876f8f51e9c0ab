/** The server under test: `server.ts STORE DATA_DIR KEY`, STORE being `sqlite`, `sqlite-inline` or `none`. */
import { createServer } from 'node:http'
import { github } from '@posthorn/receiver'
import { nodeHttpAdapter } from '@posthorn/receiver/node-http'
import { createApiServer } from '../../packages/posthorn/src/api/server.ts'
import { openInstance } from '../../packages/posthorn/src/instance/instance.ts'
import { systemClock } from '../../packages/posthorn/src/system/clock.ts'
import { SystemRandom } from '../../packages/posthorn/src/system/random.ts'
import { openPostgresStore } from '../../packages/posthorn/src/storage/postgres/open.ts'
import { openNullStore } from './null-store.ts'

const [kind = 'sqlite', dataDir = '.', key = ''] = process.argv.slice(2)
const say = (text: string, fields?: object) =>
  process.stderr.write(`${text} ${JSON.stringify(fields ?? {})}\n`)
const logger = { info: () => undefined, warn: () => undefined, error: say }
const instance = await openInstance({
  ...{ dataDir, adminKey: key, secretKey: 'a-secret-key-for-the-benchmark', logger },
  ...{ allowHttp: true, allowNetworks: ['127.0.0.0/8'], drainMs: 1000, storeThread: kind === 'sqlite' },
  ...(kind === 'none' ? { store: await openNullStore() } : {}),
  ...(kind === 'postgres' ? { store: await openPostgresStore({ database: process.env.PGURL ?? '', schema: 'b' + process.pid }) } : {}),
})
const { engine } = instance
const tenant = await engine.tenants.get('default')
const inbox = engine.source(tenant, 'github', { scheme: github(), secrets: [key] })
await engine.start()
const parts = { useCases: engine, clock: systemClock, random: new SystemRandom(), logger }
const api = createApiServer({ ...parts, metrics: () => instance.metrics.scrape(), version: 'bench' })
const { url } = await api.listen({ host: '127.0.0.1', port: 0 })
const adapter = nodeHttpAdapter({
  maxBodyBytes: inbox.maxBodyBytes,
  receive: (request) => inbox.receive(request),
  failed: (error) => say(error.message),
})
const inbound = createServer(adapter)
inbound.listen(0, '127.0.0.1', () =>
  process.send?.({ url, inbound: (inbound.address() as { port: number }).port }),
)

process.on('message', (message: { ask: string }) => {
  if (message.ask === 'usage')
    process.send?.({ rss: process.memoryUsage.rss(), memory: process.memoryUsage(), cpu: process.cpuUsage() })
})
process.on('disconnect', () => process.exit(0))

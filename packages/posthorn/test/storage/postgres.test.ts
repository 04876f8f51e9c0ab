import { after, before } from 'node:test'
import { findPostgres, HASTY } from '../../../../test/servers/postgres.ts'
import type { Server } from '../../../../test/servers/server.ts'
import type { Store } from '../../src/ports/store.ts'
import { openPostgresStore } from '../../src/storage/postgres/open.ts'
import { testStore } from '../../src/testing/store-conformance.ts'

let server: Server
const schemas = new WeakMap<Store, string>()

before(
  async () => {
    server = await findPostgres(process.env, HASTY)
  },
  { timeout: 240_000 },
)
after(() => server.stop())

async function open(schema: string): Promise<Store> {
  const store = await openPostgresStore({ database: server.url, schema, connections: 4 })
  schemas.set(store, schema)
  return store
}

let made = 0

testStore('postgres', {
  open: () => open(`test_${process.pid}_${++made}`),
  reopen: (store) => open(schemas.get(store) ?? ''),
  capabilities: { nulInText: false, peers: true },
})

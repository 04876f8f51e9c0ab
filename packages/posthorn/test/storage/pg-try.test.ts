import pg from 'pg'
import { openPostgresStore } from '../../src/storage/postgres/open.ts'
import { testStore } from '../../src/testing/store-conformance.ts'

const url = 'postgres://postgres@127.0.0.1:5499/postgres'
let n = 0
const schemas = new WeakMap<object, string>()
const open = async (schema: string) => {
  const store = await openPostgresStore({ database: url, schema, connections: 4 })
  schemas.set(store, schema)
  return store
}
testStore('postgres', {
  open: async () => {
    const schema = `t${++n}_${process.pid}`
    return open(schema)
  },
  reopen: (store) => open(schemas.get(store) as string),
  capabilities: { nulInText: false },
})
void pg

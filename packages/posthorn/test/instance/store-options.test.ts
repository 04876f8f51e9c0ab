import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPosthornError } from '../../src/domain/error.ts'
import { checkStoreOptions } from '../../src/instance/open-store.ts'
import { createPosthorn } from '../../src/library/posthorn.ts'
import type { Store } from '../../src/ports/store.ts'
import type { PgPool } from '../../src/storage/postgres/client.ts'

const PASSWORD = 'hunter2secret'
const databaseUrl = `postgres://user:${PASSWORD}@127.0.0.1:1/db`
const secretKey = 'a secret key for these tests only'
const pool = {} as PgPool

function refusedFor(says: RegExp) {
  return (error: unknown) => {
    assert.ok(isPosthornError(error) && error.code === 'config_invalid', String(error))
    assert.match(error.message, says)
    assert.ok(!error.message.includes(PASSWORD))
    return true
  }
}

test('what goes together is taken', () => {
  checkStoreOptions({})
  checkStoreOptions({ dataDir: 'x', role: 'all' })
  for (const role of ['all', 'api', 'worker'] as const) {
    checkStoreOptions({ databaseUrl, secretKey, role })
    checkStoreOptions({ postgres: pool, secretKey, role })
    checkStoreOptions({ store: {} as Store, role })
  }
  checkStoreOptions({ databaseUrl: 'postgresql:///db?host=/var/run/postgresql', secretKey })
})

test('the embedded store is for one process', () => {
  for (const role of ['api', 'worker'] as const)
    assert.throws(() => checkStoreOptions({ role, secretKey }), refusedFor(/--role.*--database-url/))
})

test('with PostgreSQL the secret key must be given', () => {
  assert.throws(() => checkStoreOptions({ databaseUrl }), refusedFor(/--secret-key/))
  assert.throws(() => checkStoreOptions({ postgres: pool }), refusedFor(/secretKey/))
})

test('one store at a time', () => {
  assert.throws(() => checkStoreOptions({ databaseUrl, postgres: pool, secretKey }), refusedFor(/one of/))
})

test('a URL that cannot be read is never shown', () => {
  for (const bad of [
    `postgres//user:${PASSWORD}@h/db`,
    `http://user:${PASSWORD}@h/db`,
    `postgres://user:${PASSWORD}%zz@h/db`,
    'postgres:',
  ])
    assert.throws(() => checkStoreOptions({ databaseUrl: bad, secretKey }), refusedFor(/postgres:\/\/USER/))
})

test('a database that cannot be reached is said so without its password, logged or thrown', async () => {
  const lines: unknown[] = []
  const note = (...line: unknown[]) => void lines.push(line)
  const logger = { info: note, warn: note, error: note }
  await assert.rejects(createPosthorn({ databaseUrl, secretKey, logger }), (error: unknown) => {
    assert.ok(isPosthornError(error) && error.code === 'store_unavailable', String(error))
    assert.ok(!`${error.stack} ${String(error.cause)} ${JSON.stringify(error)}`.includes(PASSWORD))
    return true
  })
  assert.ok(!JSON.stringify(lines).includes(PASSWORD))
})

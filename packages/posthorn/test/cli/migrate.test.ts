import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { SqliteCopySource } from '../../src/storage/sqlite/copy-source.ts'
import { filled, unmark } from '../storage/support/copying.ts'
import { openAt } from '../storage/support/folder.ts'
import { cli } from './support/context.ts'
import { tempDir } from './support/process.ts'

const URL = 'postgres://user:hunter2@127.0.0.1:1/none'

/** @returns what it says; the password is never in it */
async function refused(
  args: readonly string[],
  code: number,
  env: Record<string, string> = {},
): Promise<string> {
  const ended = await cli(['migrate', ...args], { env })
  assert.equal(ended.code, code, ended.stderr)
  assert.doesNotMatch(ended.stdout + ended.stderr, /hunter2|\n\s+at /)
  return ended.stderr
}

test('migrate: --to and --unmark want --from, and --from wants a place to go', async (t) => {
  assert.match(await refused(['--to', URL], 2), /go with --from/)
  assert.match(await refused(['--unmark'], 2), /go with --from/)
  const folder = tempDir(t)
  assert.match(await refused(['--from', folder], 2), /--to postgres:/)
  assert.match(await refused(['--from', folder, '--to', 'mysql://user:hunter2@a/b'], 2), /must be postgres:/)
})

test('migrate: a folder without a store is refused, and nothing is made in it', async (t) => {
  const folder = join(tempDir(t), 'data')
  assert.match(await refused(['--from', folder, '--to', URL], 78), /no store in .*data/)
  assert.match(await refused(['--from', folder], 78, { POSTHORN_DATABASE_URL: URL }), /no store/)
  assert.ok(!existsSync(folder))
})

test('migrate: without the secret key nothing is begun, and no key is made', async () => {
  const folder = await filled(async (world) => void (await world.publish({})))
  assert.match(await refused(['--from', folder, '--to', URL], 78), /no secret\.key in .* POSTHORN_SECRET_KEY/)
  assert.ok(!existsSync(join(folder, 'secret.key')))
})

test('migrate: a database that cannot be reached is said so, and the folder can be served as before', async () => {
  const folder = await filled(async (world) => void (await world.publish({})))
  writeFileSync(join(folder, 'secret.key'), 'a secret key of at least 24 characters')
  assert.match(await refused(['--from', folder, '--to', URL], 1), /connection to PostgreSQL failed/)
  await (await openAt(folder)).close()
})

test('migrate: --unmark says whether there was a mark', async () => {
  const folder = await filled(async () => {})
  const first = await cli(['migrate', '--from', folder, '--unmark'])
  assert.match(first.stdout, /had no mark/)
  const source = SqliteCopySource.open(folder)
  source.markMoved(1_000)
  source.close()
  assert.match(await refused(['--data-dir', folder], 65), /was moved .* 1970-01-01T00:00:01/)
  const second = await cli(['migrate', '--from', folder, '--unmark', '--json'])
  assert.deepEqual(JSON.parse(second.stdout), { data_dir: folder, was_moved: true })
  unmark(folder)
  await (await openAt(folder)).close()
})

import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { KEY_FILE_NAME, keyFromFile } from '../../src/system/key-file.ts'
import { createSecretBox } from '../../src/system/secret-box.ts'

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'posthorn-key-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

test('made at first start with 0600, read at the next one, and nothing else is left behind', async (t) => {
  const dir = join(folder(t), 'not', 'there', 'yet')
  const first = await keyFromFile(dir)
  assert.deepEqual([first.created, first.readableByOthers], [true, false])
  assert.equal(statSync(first.path).mode & 0o777, 0o600)
  assert.match(first.text, /^[A-Za-z0-9_-]{43}$/)
  assert.deepEqual(await keyFromFile(dir), { ...first, created: false })
  assert.deepEqual(readdirSync(dir), [KEY_FILE_NAME])
  createSecretBox([first.text])
})

test('many that start at once agree on one key', async (t) => {
  const dir = folder(t)
  const keys = await Promise.all(Array.from({ length: 20 }, () => keyFromFile(dir)))
  assert.equal(new Set(keys.map(({ text }) => text)).size, 1)
  assert.equal(keys.filter(({ created }) => created).length, 1)
  assert.deepEqual(readdirSync(dir), [KEY_FILE_NAME])
})

test('a file that others may read is told, one that is no key is refused', async (t) => {
  const dir = folder(t)
  const path = join(dir, KEY_FILE_NAME)
  writeFileSync(path, 'a key that somebody brought along\n')
  chmodSync(path, 0o644)
  const { text, readableByOthers } = await keyFromFile(dir)
  assert.deepEqual([text, readableByOthers], ['a key that somebody brought along', true])
  writeFileSync(path, '')
  await assert.rejects(keyFromFile(dir), { code: 'config_invalid', message: /fewer than 24 characters/ })
})

test('a folder that cannot be made is a clear error', async (t) => {
  const path = join(folder(t), 'file')
  writeFileSync(path, 'x')
  await assert.rejects(keyFromFile(join(path, 'data')), { code: 'config_invalid', message: /cannot be used/ })
})

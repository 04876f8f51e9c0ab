import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { contentHash } from '../../src/engine/publish/new-records.ts'

const TYPE = 'user.created'

function plain(type: string, contentType: string, data: Uint8Array): string {
  const head = `${type.length}:${type}${contentType.length}:${contentType}`
  return createHash('sha256').update(head).update(data).digest('hex')
}

for (const [what, contentType, size] of [
  ['an empty body', 'application/json', 0],
  ['a small body', 'application/json', 1000],
  ['a body that just fits where it is put together', 'text/plain', 16_384 - 72],
  ['a body that does not fit there', 'text/plain', 16_384 - 71],
  ['a large body', 'application/json', 1_000_000],
  ['characters of several bytes', 'text/plain; name="…€"', 16_250],
] as const)
  test(`the content hash is SHA-256 over type, content type and data: ${what}`, () => {
    const data = new Uint8Array(size).map((_, index) => index)
    assert.equal(contentHash(TYPE, contentType, data), plain(TYPE, contentType, data))
  })

test('no two contents share a hash, and what was hashed before leaves nothing behind', () => {
  const bytes = (text: string) => Buffer.from(text)
  const contents: ReadonlyArray<readonly [string, string, Uint8Array]> = [
    ['a.b', 'text/plain', bytes('1234')],
    ['a.b', 'text/plain', bytes('12')],
    ['a.b', 'text/plain', bytes('')],
    ['a.bt', 'ext/plain', bytes('12')],
    ['a.b', 'text/plai', bytes('n12')],
  ]
  const hashes = contents.map((content) => contentHash(...content))
  assert.equal(new Set(hashes).size, contents.length)
  assert.deepEqual(
    contents.toReversed().map((content) => contentHash(...content)),
    hashes.toReversed(),
  )
})

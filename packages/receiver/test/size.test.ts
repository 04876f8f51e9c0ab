/**
 * What an application carries. The goal is 6 kB minified and gzipped for the core with one provider. There is no minifier
 * in the house, so this measures the sources with types, comments and indentation taken out, and each bound is what
 * esbuild 0.28 (`--bundle --minify`, gzip -9) made of the same entries, scaled:
 *
 * | | here | esbuild |
 * |---|---|---|
 * | `createReceiver` with `stripe()` | 9,035 | 5,861 |
 * | `createProviderReceiver` with `slack` | 11,468 | 7,272 |
 * | `createProviderInbound` with `slack`, and the web adapter | 18,381 | 11,400 |
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'

const SRC = join(import.meta.dirname, '../src')

function reached(...entries: string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  const visit = (file: string): void => {
    if (found.has(file)) return
    const code = stripTypeScriptTypes(readFileSync(file, 'utf8'))
    found.set(file, code)
    for (const match of code.matchAll(/(?:from|import)\s+'(\.[^']+)'/g))
      visit(resolve(dirname(file), match[1] ?? ''))
  }
  for (const entry of entries) visit(join(SRC, entry))
  return found
}

const plain = (code: string): string =>
  code
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '')
    .replace(/^[ \t]+|[ \t]+$/gm, '')
    .replace(/\n+/g, '\n')

const BUNDLES: [what: string, limit: number, ...entries: string[]][] = [
  // Beyond this bound the goal of 6,000 bytes is missed.
  ['createReceiver with stripe()', 9_200, 'receiver.ts', 'providers/stripe.ts'],
  ['createProviderReceiver with slack', 11_800, 'providers/receiver.ts', 'providers/presets/slack.ts'],
  [
    'createProviderInbound with slack, and the web adapter',
    18_900,
    ...['adapters/provider-inbound.ts', 'adapters/web.ts', 'providers/presets/slack.ts'],
  ],
]

for (const [what, limit, ...entries] of BUNDLES)
  test(`gzipped, unminified: ${what} stays below ${limit} bytes`, () => {
    const files = reached(...entries)
    const size = gzipSync(plain([...files.values()].join('\n')), { level: 9 }).length
    assert.ok(size > 1000 && size < limit, `${size} bytes from ${files.size} files`)
  })

const namesOf = (...entries: string[]): string[] =>
  [...reached(...entries).keys()].map((file) => file.slice(SRC.length + 1)).sort()

test('an HMAC provider alone brings no public keys, no checks of descriptions, no fetched keys, nobody else', () => {
  const optional =
    /^(?:handshakes|doctor|adapters|crypto\/(?:public-keys|der|x509)|schemes\/(?:custom|parse|generic))/
  const others = /^providers\/(?:code|keys|registry|presets)/
  const core = namesOf('receiver.ts', 'providers/stripe.ts')
  assert.deepEqual(
    core.filter((file) => optional.test(file) || others.test(file)),
    [],
  )
  const known = namesOf('providers/receiver.ts', 'providers/presets/slack.ts')
  assert.deepEqual(
    known.filter((file) => optional.test(file)),
    [],
  )
  assert.deepEqual(
    known.filter((file) => others.test(file)),
    // A form's field may carry the JSON: commands of Slack.
    ['providers/code/form.ts', 'providers/presets/slack.ts'],
  )
})

test('a provider with public or fetched keys brings what it needs', () => {
  assert.ok(namesOf('providers/presets/discord.ts').includes('crypto/public-keys.ts'))
  const paypal = namesOf('providers/presets/paypal.ts')
  for (const file of ['crypto/x509.ts', 'providers/keys/key-store.ts', 'providers/code/verify-by-code.ts'])
    assert.ok(paypal.includes(file), file)
  assert.ok(!paypal.includes('providers/keys/key-set.ts'))
})

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { GENERIC_SCHEME_NAMES, OUTBOUND_SCHEME_NAMES, REFUSAL_REASONS } from '@posthorn/receiver'
import { CAUSES } from '@posthorn/receiver/doctor'
import { HANDSHAKES } from '@posthorn/receiver/providers'
import { providerTable } from './support/provider-table.ts'

const ROOT = resolve(import.meta.dirname, '..')
const SRC = join(ROOT, 'src')
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const exported: [name: string, file: string][] = Object.entries(manifest.exports)
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => join(SRC, file))
const core = files.filter((file) => !file.startsWith(join(SRC, 'node')))
const codeOf = (file: string): string =>
  readFileSync(file, 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '')
const importsOf = (file: string): string[] =>
  [...codeOf(file).matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)].map((match) => match[1] ?? '')
const run = promisify(execFile)

test('the core imports nothing but itself and names no global of Node', () => {
  assert.ok(core.length > 20)
  for (const file of core) {
    for (const specifier of importsOf(file)) {
      assert.ok(specifier.startsWith('.'), `${file} imports ${specifier}`)
      const target = resolve(dirname(file), specifier)
      assert.ok(core.includes(target), `${file} imports ${specifier}, which is no file of the core`)
    }
    assert.doesNotMatch(codeOf(file), /\b(Buffer|process|require|__dirname|setImmediate)\b(?!')/, file)
  }
  assert.deepEqual([manifest.dependencies, manifest.peerDependencies], [undefined, undefined])
})

test('the core signs and verifies where Buffer and process do not exist', async () => {
  const program = `
    const print = console.log
    new Request('https://example.com/') // Node's own, which needs Buffer when it is first used
    delete globalThis.Buffer
    delete globalThis.process
    const { createReceiver, createSigner, outboundScheme, OUTBOUND_SCHEME_NAMES } = await import('@posthorn/receiver')
    const { webAdapter } = await import('@posthorn/receiver/web')
    const whsk = 'whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=='
    for (const name of OUTBOUND_SCHEME_NAMES) {
      const given = { scheme: outboundScheme(name), secrets: [name === 'standard-ed25519' ? whsk : 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'] }
      const body = new TextEncoder().encode('{}')
      const headers = await createSigner(given).sign({ id: 'e', type: 't', deliveryId: 'd', timestampMs: Date.now(), body })
      const receiver = createReceiver(given)
      const adapter = webAdapter({ receiver, onEvent: () => {}, onError: (error) => { throw error } })
      const reply = await adapter(new Request('https://example.com/', { method: 'POST', headers, body }))
      print(name, (await receiver.verify({ headers, body })).ok, reply.status)
    }`
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], { cwd: ROOT })
  assert.equal(stdout, OUTBOUND_SCHEME_NAMES.map((name) => `${name} true 202\n`).join(''))
})

test('each export is one documented file of src, and each adapter at most 40 lines', () => {
  const adapters = ['web', 'node-http', 'express', 'fastify', 'hono']
  assert.deepEqual(
    exported.map(([name]) => name),
    ['.', './node', './providers', './doctor', ...adapters.map((name) => `./${name}`)],
  )
  for (const [name, file] of exported) {
    const path = join(ROOT, file)
    assert.ok(existsSync(path), file)
    const text = readFileSync(path, 'utf8')
    assert.ok(text.includes(`@module ${join('@posthorn/receiver', name)}\n`), `${file} lacks its @module`)
    if (!adapters.includes(name.slice(2))) continue
    assert.ok(text.trimEnd().split('\n').length <= 40, `${file} is longer than 40 lines`)
    assert.ok(readme.includes(join('@posthorn/receiver', name)), `${name} is not in the README`)
  }
})

test('the README lists every refusal reason with its sentence, and every scheme', () => {
  const rows = [...readme.matchAll(/^\| `(\w+)` +\| ([A-Z][^|]+\.) +\|$/gm)].map((match) => [
    match[1],
    match[2],
  ])
  assert.deepEqual(Object.fromEntries(rows), { ...REFUSAL_REASONS, ...CAUSES })
  for (const name of [...OUTBOUND_SCHEME_NAMES, ...GENERIC_SCHEME_NAMES])
    assert.match(readme, new RegExp(`^\\| \`${name}\` +\\|`, 'm'), name)
})

test('the README has the table of providers as the registry says it, every handshake and the number of causes', () => {
  assert.ok(readme.includes(`\n${providerTable()}\n`), `write it anew:\n${providerTable()}`)
  for (const kind of Object.keys(HANDSHAKES)) assert.ok(readme.includes(`\`${kind}\``), kind)
})

test('every program in the README prints what it says', async () => {
  const programs = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1] ?? '')
  assert.equal(programs.length, 7)
  for (const program of programs) {
    const expected = [...program.matchAll(/^\/\/ prints: (.*)$/gm)].map((match) => `${match[1]}\n`).join('')
    assert.notEqual(expected, '')
    const args = ['--input-type=module-typescript', '-e', program]
    const { stdout, stderr } = await run(process.execPath, args, { cwd: ROOT })
    assert.deepEqual([stdout, stderr], [expected, ''])
  }
})

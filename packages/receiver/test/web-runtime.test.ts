/** The package in a realm without Node: every preset's request through the web adapter, signing, the doctor. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { test } from 'node:test'
import { OUTBOUND_SCHEME_NAMES } from '@posthorn/receiver'
import { PROVIDERS } from '@posthorn/receiver/providers'
import { NOW } from './support/sample.ts'
import { SAMPLES } from './support/samples.ts'
import type { Sent } from './support/web-program.ts'

const ROOT = resolve(import.meta.dirname, '..')
const entries: [name: string, file: string][] = Object.entries(
  JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).exports,
)

/** Every module that an entry reaches, types too. */
function reachable(entry: string): { files: Set<string>; others: string[] } {
  const files = new Set<string>()
  const others: string[] = []
  const visit = (file: string): void => {
    if (files.has(file)) return
    files.add(file)
    const code = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
    for (const [, specifier = ''] of code.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]/g))
      if (specifier.startsWith('.')) visit(resolve(dirname(file), specifier))
      else others.push(`${file} imports ${specifier}`)
  }
  visit(join(ROOT, entry))
  return { files, others }
}

test('no entry but /node reaches a module of Node or of anybody else', () => {
  for (const [name, file] of entries) {
    const { files, others } = reachable(file)
    assert.ok(files.size > 3, name)
    if (name === './node') assert.ok(others.some((one) => one.endsWith('node:crypto')))
    else assert.deepEqual(others, [], name)
  }
})

test('in a realm with Web standards alone every preset takes its request, and refuses another body', async () => {
  const sent: Sent[] = []
  for (const { name, secret, settings, fetchKey, request } of SAMPLES)
    sent.push({
      ...{ name, nowMs: NOW, url: request.url, method: request.method, headers: request.headers },
      ...(secret === undefined ? {} : { secret }),
      ...(settings === undefined ? {} : { settings }),
      ...(fetchKey ? { key: String(await fetchKey('', { maxBytes: 0, timeoutMs: 0 })) } : {}),
      body: request.body.toString('base64'),
    })
  const program = join(import.meta.dirname, 'support/web-realm.ts')
  const child = spawn(process.execPath, ['--no-warnings', '--experimental-vm-modules', program], {
    cwd: ROOT,
  })
  let output = ''
  let complaints = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    complaints += text
  })
  child.stdin.end(JSON.stringify(sent))
  const [code] = await once(child, 'close')
  assert.deepEqual([code, complaints], [0, ''])
  const found = JSON.parse(output)
  // Where the body is not signed, or not all of it, another one may be taken.
  const loose = (name: string) => SAMPLES.some((one) => one.name === name && (one.token || one.looseBody))
  assert.deepEqual(
    found.answers.map((told: string) => (loose(told.split(' ')[0] ?? '') ? told.replace(/ \d+$/, '') : told)),
    SAMPLES.map(({ name }) => {
      const { success, refusal } = PROVIDERS[name].answers
      return `${name} ${success.status} items${loose(name) ? '' : ` ${refusal.status}`}`
    }),
  )
  assert.deepEqual(
    found.signed,
    OUTBOUND_SCHEME_NAMES.map((name) => `${name} true`),
  )
  assert.deepEqual(found.made, ['function', 'function', 'function', 'function'])
  assert.deepEqual([found.parsed, found.cause, found.node], [true, 'body_final_newline', []])
})

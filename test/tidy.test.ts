/** The habits of the house, kept (test/house/tidy-*.ts). The second half shows each rule going red. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ownPackages, readManifest } from './house/own-packages.ts'
import { assertNone } from './house/report.ts'
import { importGraph } from './house/resolve.ts'
import { listFiles, maskSource, ROOT, readSources, source } from './house/source.ts'
import { BANNED, bannedFailures } from './house/tidy-rules.ts'
import { deadFiles, duplicateTestNames, lengthFailures, testNames, wordFailures } from './house/tidy-shape.ts'

const own = ownPackages()
const everything = readSources('{packages,test,e2e,bench,examples,scripts}/**/*.{ts,tsx}')
const sources = everything.filter((file) => /^packages\/[^/]+\/src\//.test(file.path))
const entries = [
  ...own.flatMap(({ folder, exports }) => Object.values(exports).map((file) => `${folder}/${file.slice(2)}`)),
  'packages/posthorn/src/cli/main.ts',
  'packages/console/src/main.tsx',
]

test('no file is too long', () => assertNone(lengthFailures(everything)))

test('nothing that is banned is used', () => assertNone(bannedFailures(everything)))

test("file names and exported names use the product's words", () => assertNone(wordFailures(sources)))

test('every source file is reached from an entry point', () =>
  assertNone(deadFiles(sources, importGraph(sources, own), entries)))

test('no two tests of a file have the same name', () => assertNone(duplicateTestNames(everything)))

test('all packages have one version', () => {
  const manifests = ['package.json', ...own.map(({ folder }) => `${folder}/package.json`)].map(readManifest)
  const version = manifests[0]?.version
  for (const manifest of manifests) {
    assert.equal(manifest.version, version, manifest.name)
    for (const [name, wanted] of Object.entries(manifest.dependencies ?? {}))
      if (own.some((one) => one.name === name))
        assert.equal(wanted, version, `${manifest.name} needs ${name}`)
  }
})

test('there are at most twelve npm scripts, all of them at the root', () => {
  assert.ok(Object.keys(readManifest('package.json').scripts ?? {}).length <= 12)
  for (const { name, manifest } of own) assert.deepEqual(manifest.scripts ?? {}, {}, name)
})

// `npm install` drops the entries of other platforms that the registry at hand does not serve, and on a new machine
// `npm ci` then refuses the whole file. Put an entry back like its sibling's, with its own os, cpu and libc.
test('the lock file knows every platform of every optional dependency', () => {
  const { packages } = JSON.parse(readFileSync(`${ROOT}package-lock.json`, 'utf8')) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>
  }
  const wanted = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}))
  const known = Object.keys(packages).map((path) => path.split('node_modules/').at(-1))
  assert.ok(wanted.length > 0)
  assert.deepEqual(
    wanted.filter((name) => !known.includes(name)),
    [],
  )
})

test('every file that an npm script runs exists', () => {
  const commands = Object.values(readManifest('package.json').scripts ?? {})
  const named = commands.flatMap((command) => command.match(/(?<![\w*/.-])[\w./-]+\.(?:ts|js|json)\b/g) ?? [])
  assert.ok(named.length > 0)
  assert.deepEqual(
    named.filter((path) => listFiles(path).length === 0),
    [],
  )
})

test('only TypeScript is written, but for the files that an old Node must be able to read', () => {
  assert.deepEqual(listFiles('{packages,test,e2e,bench,examples,scripts}/**/*.{js,mjs,cjs,mts,cts}'), [
    'packages/posthorn/bin/posthorn.js',
  ])
})

test('each rule is shown going red below', () => {
  const shown = new Set<string>(RED.map(([rule]) => rule))
  assert.deepEqual(
    BANNED.map((rule) => rule.name).filter((name) => !shown.has(name)),
    [],
  )
})

const SRC = 'packages/posthorn/src/engine/a.ts'
const STORAGE = 'packages/posthorn/src/storage/sqlite/a.ts'
const TEST = 'packages/posthorn/test/a.test.ts'

const RED: readonly (readonly [rule: string, path: string, text: string])[] = [
  ['wall clock', SRC, 'const a = Date.now()'],
  ['wall clock', SRC, 'const a = new Date( )'],
  ['elapsed time', SRC, 'const a = performance.now()'],
  ['elapsed time', SRC, 'const a = process.hrtime.bigint()'],
  ['timer', SRC, 'setTimeout(run, 5)'],
  ['timer', SRC, 'const later = globalThis.setInterval'],
  ['timer', SRC, 'setImmediate(run)'],
  ['timer', SRC, 'const signal = AbortSignal.timeout(5)'],
  ['chance', SRC, 'const a = Math.random()'],
  ['chance', SRC, "import { randomBytes } from 'node:crypto'"],
  ['chance', SRC, 'const a = crypto.getRandomValues(b)'],
  ['clock or chance in SQL', STORAGE, 'const sql = `insert into t values (unixepoch())`'],
  ['clock or chance in SQL', STORAGE, "const sql = \"select strftime('%s', 'now')\""],
  ['console', SRC, "console.log('a')"],
  ['console', SRC, "process.stderr.write('a')"],
  ['process', SRC, 'process.exit(1)'],
  ['process', SRC, 'const a = process.env.A'],
  ['text as HTML', SRC, 'element.innerHTML = text'],
  ['text as HTML', SRC, 'const a = <p dangerouslySetInnerHTML={{ __html: text }} />'],
  ['export *', SRC, "export * from './b.ts'"],
  ['default export', SRC, 'export default class A {}'],
  ['default export', SRC, 'export { A as default }'],
  ['unfinished', SRC, '// TODO: the rest'],
  ['type checks off', SRC, '// @ts-ignore'],
  ['type checks off', SRC, '// @ts-expect-error\nconst a: number = ""'],
  ['sleep in a test', TEST, 'await new Promise((resolve) => setTimeout(resolve, 50))'],
  ['sleep in a test', TEST, 'await sleep(50)'],
  ['sleep in a test', TEST, "import { setTimeout as wait } from 'node:timers/promises'"],
  ['only', TEST, "test.only('a', () => {})"],
  ['only', TEST, "test('a', { only: true }, () => {})"],
  ['skip without a reason', TEST, "test.skip('a', () => {})"],
  ['skip without a reason', TEST, "test('a', { skip: true }, () => {})"],
  ['skip without a reason', TEST, "test('a', (t) => t.skip())"],
  ['skip without a reason', TEST, "describe.todo('a')"],
]

for (const [rule, path, text] of RED)
  test(`red: ${rule}: ${text.replaceAll('\n', ' ')}`, () => {
    const failures = bannedFailures([source(path, text)])
    assert.equal(failures.length, 1, failures.join('\n'))
    assert.match(failures[0] ?? '', new RegExp(`^${path}:1 ${rule.replace('*', '\\*')}: .*Instead: `))
  })

const GREEN: readonly (readonly [path: string, text: string])[] = [
  [SRC, '// Date.now() is banned, and so is TODO-less prose about Math.random()'],
  [SRC, "const a = 'console.log(Date.now())'"],
  [SRC, 'const a = `setTimeout(${b})`'],
  [SRC, 'const a = new Date(atMs).toISOString()'],
  [SRC, 'function makeSecret(randomBytes: Uint8Array) {}'],
  [SRC, '// @ts-expect-error the library has no types for it'],
  [SRC, 'const process_ = clock.after(5, run)'],
  ['packages/posthorn/src/system/clock.ts', 'const a = Date.now()'],
  ['packages/posthorn/src/cli/main.ts', 'process.exit(1)'],
  [TEST, "test('a', { skip: cannot ? 'no IPv6 on this machine' : false }, () => {})"],
  [TEST, "test('a', (t) => t.skip('no IPv6 on this machine'))"],
  [TEST, 'const at = new Date()'],
]

for (const [path, text] of GREEN)
  test(`green: ${text}`, () => {
    const text_ = text.replace('TODO-less ', '')
    assert.deepEqual(bannedFailures([source(path, text_)]), [])
  })

test('a line number is that of the finding', () => {
  const [failure] = bannedFailures([source(SRC, '/* Date.now()\n */\nconst a = `\n`\nDate.now()')])
  assert.match(failure ?? '', /^packages\/posthorn\/src\/engine\/a\.ts:5 wall clock/)
})

test('red: a file over the limit, and not one at the limit', () => {
  const lines = (count: number) => Array.from({ length: count }, () => 'a()').join('\n')
  assert.equal(lengthFailures([source(SRC, `${lines(300)}\n`), source(TEST, `${lines(500)}\n`)]).length, 0)
  assert.equal(lengthFailures([source(SRC, lines(301)), source(TEST, lines(501))]).length, 2)
  assert.equal(lengthFailures([source(SRC, lines(301))], { [SRC]: 'a table' }).length, 0)
})

test("red: other people's words in file names and exported names", () => {
  const bad = [
    source('packages/posthorn/src/engine/endpoint-list.ts', 'const a = 1'),
    source(SRC, 'export interface RetryJob {}'),
    source(SRC, 'export const DESTINATIONS = []'),
    source(SRC, 'export async function runTasks() {}'),
    source(SRC, 'export type HookUrl = string'),
  ]
  assert.equal(wordFailures(bad).length, bad.length, wordFailures(bad).join('\n'))
})

test('green: words inside other words, and words where they are at home', () => {
  const good = [
    source(SRC, 'export type WebhookUrl = string'),
    source(SRC, 'const job = 1 // the job of this line'),
    source('packages/posthorn/src/queue/bullmq/job.ts', 'export interface JobData {}'),
  ]
  assert.deepEqual(wordFailures(good), [])
})

test('red: a file that nothing reaches, also when two dead files import each other', () => {
  const files = [
    source('packages/posthorn/src/index.ts', "import './domain/a.ts'"),
    source('packages/posthorn/src/domain/a.ts', ''),
    source('packages/posthorn/src/domain/b.ts', "import './c.ts'"),
    source('packages/posthorn/src/domain/c.ts', "import './b.ts'"),
  ]
  const dead = deadFiles(files, importGraph(files, own), ['packages/posthorn/src/index.ts'])
  assert.deepEqual(
    dead.map((line) => line.split(':')[0]),
    ['packages/posthorn/src/domain/b.ts', 'packages/posthorn/src/domain/c.ts'],
  )
})

test('red: two tests with one name', () => {
  const file = source(TEST, "test('a', f)\ntest('b', f)\ntest(\n  'a',\n f)\nt.test('b', f)\nregex.test('a')")
  assert.deepEqual(duplicateTestNames([file]).length, 1)
  assert.deepEqual(
    testNames(file).map(({ name }) => name),
    ['a', 'b', 'a'],
  )
})

const MASKED = [
  ["a = 'b' // c", "a = ' '"],
  ["a = 'it\\'s' + b", "a = '     ' + b"],
  ['a /* b\n c */ d', 'a\nd'],
  ['a = /[/"]\\/"/g + "b"', 'a = /       /g + " "'],
  ['a = b / c / d // "', 'a = b / c / d'],
  ['a = `b${`c${d}e`}f` + g', 'a = ` ${` ${d} `} ` + g'],
  ['a = `${{ b: "}" }}` + c', 'a = `${{ b: " " }}` + c'],
  ['if (a) return /"/.test(b)', 'if (a) return / /.test(b)'],
  ['#!/usr/bin/env "node\na', 'a'],
] as const

for (const [text, code] of MASKED)
  test(`blanked: ${text.replaceAll('\n', ' ')}`, () => {
    const lines = maskSource(text).split('\n')
    const trimmed = lines.map((line) => line.trim()).filter((line) => line !== '')
    assert.equal(trimmed.join('\n'), code)
    assert.equal(maskSource(text).length, text.length)
  })

/** The docs, kept true: references come from the code, links lead somewhere, code in them runs, tests exist. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { PAGES } from '../scripts/reference/pages.ts'
import {
  brokenLinks,
  exampleText,
  fences,
  missingPaths,
  missingScripts,
  missingTests,
  programs,
  readPages,
  unrunFences,
} from './house/markdown.ts'
import { ownPackages, readManifest } from './house/own-packages.ts'
import { assertNone } from './house/report.ts'
import { listFiles, ROOT, readSources } from './house/source.ts'

const pages = readPages()
const scripts = Object.keys(readManifest('package.json').scripts ?? {})

test('every relative link leads to a file and a heading that exist', () =>
  assertNone(pages.flatMap(brokenLinks)))

test('every path that a page names exists', () => assertNone(pages.flatMap(missingPaths)))

test('every test that a page names exists', () => assertNone(pages.flatMap(missingTests)))

test('code on a page is the text of an example, or says why it is not run', () =>
  assertNone(pages.flatMap(unrunFences)))

for (const { place, body, prints } of pages.flatMap(programs))
  test(`the program at ${place} prints what it says`, () => {
    const scratch = mkdtempSync(join(tmpdir(), 'posthorn-docs-'))
    symlinkSync(`${ROOT}node_modules`, join(scratch, 'node_modules'))
    try {
      writeFileSync(join(scratch, 'package.json'), '{ "type": "module" }')
      writeFileSync(join(scratch, 'program.ts'), body)
      const done = spawnSync(process.execPath, ['program.ts'], {
        cwd: scratch,
        encoding: 'utf8',
        timeout: 60_000,
      })
      assert.deepEqual([done.stdout, done.stderr, done.status], [prints, '', 0])
    } finally {
      rmSync(scratch, { recursive: true, force: true })
    }
  })

test('every npm script that a page names exists', () =>
  assertNone(pages.flatMap((page) => missingScripts(page, scripts))))

for (const [path, make] of Object.entries(PAGES))
  test(`${path} says what the code says`, () => {
    assert.equal(readFileSync(`${ROOT}${path}`, 'utf8'), make(), 'out of date: npm run generate')
  })

test('every environment variable of the code is in the reference, and nothing else is', () => {
  const variables = (texts: readonly string[]) =>
    [...new Set(texts.flatMap((text) => text.match(/\bPOSTHORN_[A-Z][A-Z_]*[A-Z]\b/g) ?? []))].sort()
  const code = readSources('packages/*/src/**/*.ts').map((file) => file.text)
  const reference = pages.filter(({ path }) => path.startsWith('docs/reference/')).map(({ text }) => text)
  assert.deepEqual(variables(reference), variables(code))
})

test('every page under docs/reference is made by a generator or says that it is written by hand', () => {
  const other = listFiles('docs/reference/*').filter((path) => !(path in PAGES))
  assertNone(
    other
      .filter((path) => !readFileSync(`${ROOT}${path}`, 'utf8').includes('<!-- Written by hand'))
      .map((path) => `${path}:1 is made by no generator and does not say <!-- Written by hand: why -->.`),
  )
})

for (const { name, folder, exports } of ownPackages()) {
  test(`${name}: what is exported exists, and its README names exactly that`, () => {
    const files = Object.values(exports).map((file) => `${folder}/${file.slice(2)}`)
    assert.deepEqual(
      files.filter((file) => !listFiles(`${folder}/src/**/*.ts`).includes(file)),
      [],
    )
    const readme = readFileSync(`${ROOT}${folder}/README.md`, 'utf8')
    const exported = Object.keys(exports).map((path) => name + path.slice(1))
    assert.deepEqual(subpathsIn(readme, name), exported.sort())
  })

  test(`${name}: each entry point says in its first lines what it is`, () => {
    for (const [path, file] of Object.entries(exports)) {
      const text = readFileSync(`${ROOT}${folder}/${file.slice(2)}`, 'utf8')
      assert.ok(text.startsWith('/**'), `${folder}/${file}`)
      assert.match(text, new RegExp(`^ \\* @module ${name + path.slice(1)}$`, 'm'))
    }
  })
}

/** Names such as `posthorn/testing` in backticks or in imports. */
function subpathsIn(readme: string, name: string): string[] {
  const found = readme.matchAll(new RegExp(`[\`'](${name}(?:/[a-z0-9-]+)*)[\`']`, 'g'))
  return [...new Set([...found].map((match) => match[1] as string))].sort()
}

// ---- each rule going red ------------------------------------------------------------------------------------------

const page = (text: string) => ({ path: 'docs/a.md', text })

const RED = [
  ['a link to nothing', brokenLinks, '[a](nothing.md)'],
  ['a link to no heading', brokenLinks, '# A\n\n[a](#b)'],
  ['a link to no heading of another page', brokenLinks, '[a](../README.md#no-such-heading)'],
  ['a path to nothing', missingPaths, 'see `packages/posthorn/src/nothing.ts`'],
  ['a pattern that fits nothing', missingPaths, 'see `packages/*/nothing/`'],
  ['a test file that is not there', missingTests, 'see `test/nothing.test.ts`'],
  ['a test that is not there', missingTests, 'see `test/docs.test.ts` › "nothing"'],
  ['code that nothing runs', unrunFences, '```ts\na()\n```'],
  [
    'code of an example that is not there',
    unrunFences,
    '<!-- example: examples/nothing.ts -->\n```ts\na()\n```',
  ],
  ['code that differs from its example', unrunFences, '<!-- example: test/docs.test.ts -->\n```ts\na()\n```'],
  [
    'a script that is not there',
    (one: (typeof pages)[0]) => missingScripts(one, scripts),
    'run `npm run nothing`',
  ],
] as const

for (const [what, check, text] of RED)
  test(`red: ${what}`, () => {
    const found = check(page(text))
    assert.equal(found.length, 1)
    assert.match(found[0] ?? '', /^docs\/a\.md:\d+ /)
  })

test('green: what is there', () => {
  const good = page(
    '# A `b` (c)\n\n[a](#a-b-c) [b](../README.md) [c](https://example.com/x)\n`packages/*/src/index.ts` `test/house/`\n' +
      '`test/docs.test.ts` › "green: what is there"\n<!-- not run: a sketch -->\n```ts\na()\n```\n```sh\nnpm test\n```\n',
  )
  assert.deepEqual(
    [brokenLinks, missingPaths, missingTests, unrunFences].flatMap((check) => check(good)),
    [],
  )
  assert.deepEqual(missingScripts(good, scripts), [])
  assert.deepEqual(
    fences(good).map(({ language, line }) => [language, line]),
    [
      ['ts', 6],
      ['sh', 10],
    ],
  )
})

test('a program on a page is its fence and the lines it prints', () => {
  const found = programs(page('```ts\na()\n// prints: 1\n// prints: 2\n```\n```sh\n// prints: 3\n```\n'))
  assert.deepEqual(found, [
    { place: 'docs/a.md:1', body: 'a()\n// prints: 1\n// prints: 2\n', prints: '1\n2\n' },
  ])
})

test('an example is shown without its expected output', () => {
  assert.equal(exampleText('a()\nb()\n\n/* prints\n1\n*/\n'), 'a()\nb()\n')
})

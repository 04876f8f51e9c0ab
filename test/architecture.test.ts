/**
 * The map of the house, kept: who may import what (test/house/layers.ts), no import cycles, packages that say what
 * they need. The second half shows each rule going red.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { areaOf, layerFailures } from './house/layer-check.ts'
import { AREAS } from './house/layers.ts'
import { ownPackages } from './house/own-packages.ts'
import { assertNone } from './house/report.ts'
import { findCycles, importGraph, resolveImport } from './house/resolve.ts'
import { readSources, source } from './house/source.ts'

const own = ownPackages()
const files = readSources('packages/*/src/**/*.{ts,tsx}', 'examples/**/*.{ts,tsx}').filter(
  (file) => !file.path.endsWith('.test.ts'),
)

test('every import is one that the table of layers allows', () => {
  assertNone(layerFailures(files, own))
})

test('there is no import cycle, type imports included', () => {
  assertNone(findCycles(importGraph(files, own)).map((cycle) => `cycle: ${cycle.join(' → ')}`))
})

test('every area of the table names areas that exist, and itself only once', () => {
  const names = AREAS.map((area) => area.name)
  assert.equal(new Set(names).size, names.length)
  const unknown = AREAS.flatMap((area) => area.areas).filter(
    (name) => name !== 'public' && !names.includes(name),
  )
  assert.deepEqual(unknown, [])
})

test('each package declares exactly the packages that its sources import', () => {
  for (const { folder, manifest } of own) {
    const inside = files.filter((file) => file.path.startsWith(`${folder}/src/`))
    const used = inside.flatMap((file) =>
      file.imports.flatMap(({ specifier }) => {
        const target = resolveImport(file, specifier, own)
        if (target.kind === 'package') return [target.name]
        return target.kind === 'file' && target.bare ? [packageName(specifier)] : []
      }),
    )
    const declared = Object.keys(manifest.dependencies ?? {})
    const undeclared = [...new Set(used)].filter((name) => !declared.includes(name) && name !== manifest.name)
    assert.deepEqual(undeclared, [], `${folder}/package.json lacks these dependencies`)
    const idle = declared.filter((name) => !used.includes(name))
    assert.deepEqual(idle, [], `${folder}/package.json has dependencies that nothing imports`)
  }
})

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

const posthorn = (path: string, text: string) => source(`packages/posthorn/src/${path}`, text)
const receiver = (path: string, text: string) => source(`packages/receiver/src/${path}`, text)

const REFUSED = [
  ['an inner layer importing an outer one', posthorn('domain/a.ts', "import { b } from '../ports/b.ts'")],
  ['a type import across the layers', posthorn('ports/a.ts', "import type { B } from '../engine/b.ts'")],
  [
    'an adapter importing the engine',
    posthorn('storage/sqlite/a.ts', "import { b } from '../../engine/b.ts'"),
  ],
  [
    'an adapter importing another',
    posthorn('queue/store/a.ts', "import { b } from '../../storage/sqlite/b.ts'"),
  ],
  ['the client importing a route', posthorn('client/a.ts', "import { b } from '../api/routes/b.ts'")],
  ['the client importing the domain', posthorn('client/a.ts', "import { b } from '../domain/b.ts'")],
  ['the contract importing a route', posthorn('api/contract/a.ts', "import { b } from '../routes/b.ts'")],
  ['a route importing a store', posthorn('api/routes/a.ts', "import { b } from '../../storage/sqlite/b.ts'")],
  ['pg outside storage/postgres', posthorn('engine/a.ts', "import pg from 'pg'")],
  ['a type of pg outside storage/postgres', posthorn('ports/a.ts', "import type { Pool } from 'pg'")],
  ['node:sqlite outside storage/sqlite', posthorn('cli/a.ts', "import { DatabaseSync } from 'node:sqlite'")],
  ['bullmq outside queue/bullmq', posthorn('queue/store/a.ts', "import { Queue } from 'bullmq'")],
  ['undici outside transport/http', posthorn('api/a.ts', "import { Pool } from 'undici'")],
  ['metrics outside instance', posthorn('engine/a.ts', "import { metrics } from '@opentelemetry/api'")],
  ['the web framework outside api', posthorn('cli/a.ts', "import cors from '@fastify/cors'")],
  ['commander outside cli', posthorn('api/a.ts', "import { Command } from 'commander'")],
  ['pino outside system', posthorn('engine/a.ts', "import { pino } from 'pino'")],
  [
    'worker threads outside storage/sqlite',
    posthorn('engine/a.ts', "import { Worker } from 'node:worker_threads'"),
  ],
  ['a dependency of the receiver', receiver('a.ts', "import { z } from 'zod'")],
  ['Node in the core of the receiver', receiver('schemes/a.ts', "import { createHmac } from 'node:crypto'")],
  [
    'an adapter of the receiver importing a framework',
    receiver('adapters/a.ts', "import type { Context } from 'hono'"),
  ],
  ['the core of the receiver importing an adapter', receiver('a.ts', "import { b } from './adapters/b.ts'")],
  ['the core of the receiver importing its Node side', receiver('a.ts', "import { b } from './node/b.ts'")],
  ['the receiver importing posthorn', receiver('a.ts', "import { b } from 'posthorn'")],
  [
    'a path into another package',
    posthorn('engine/a.ts', "import { b } from '../../../receiver/src/sign.ts'"),
  ],
  ['a subpath that is not exported', posthorn('engine/a.ts', "import { b } from '@posthorn/receiver/sign'")],
  ['a dynamic import', posthorn('engine/a.ts', "const b = await import('pg')")],
  ['an import in a type', posthorn('ports/a.ts', "type B = import('../engine/b.ts').B")],
  ['a re-export', posthorn('ports/a.ts', "export { b } from '../engine/b.ts'")],
  [
    'a worker entry in another layer',
    posthorn('storage/sqlite/a.ts', "new URL('../../engine/a.ts', import.meta.url)"),
  ],
  [
    'a worker entry in another layer, named by a condition',
    posthorn('storage/sqlite/a.ts', "new URL(ts ? '../../engine/a.ts' : b, import.meta.url)"),
  ],
  ['an import of a data file', posthorn('cli/a.ts', "import data from './data.json' with { type: 'json' }")],
  ['a folder that is not on the map', posthorn('common/a.ts', 'const a = 1')],
  [
    'an example that reaches into the sources',
    source('examples/a.ts', "import { b } from '../packages/receiver/src/sign.ts'"),
  ],
] as const

for (const [what, file] of REFUSED)
  test(`refused: ${what}`, () => {
    const failures = layerFailures([file], own)
    assert.equal(failures.length, 1)
    assert.match(failures[0] ?? '', new RegExp(`^${file.path}:1 .{20,}`))
  })

const ALLOWED = [
  ['inward', posthorn('engine/a.ts', "import type { B } from '../ports/b.ts'")],
  ['within one area', posthorn('storage/sqlite/a.ts', "import { b } from './deep/b.ts'")],
  [
    'the receiver by its name',
    posthorn('engine/a.ts', "import { createSyncSigner } from '@posthorn/receiver/node'"),
  ],
  ['the contract for the client', posthorn('client/a.ts', "import type { B } from '../api/contract/b.ts'")],
  [
    'words in comments and strings',
    posthorn('domain/a.ts', "// import 'pg'\nconst a = `import 'pg' ${'from \"pg\"'}`"),
  ],
  ['a public name for an example', source('examples/a.ts', "import { verify } from '@posthorn/receiver'")],
] as const

for (const [what, file] of ALLOWED)
  test(`allowed: ${what}`, () => {
    assert.deepEqual(layerFailures([file], own), [])
  })

test('the area with the longest path wins', () => {
  assert.equal(areaOf('packages/posthorn/src/api/contract/event.ts')?.name, 'contract')
  assert.equal(areaOf('packages/posthorn/src/api/server.ts')?.name, 'api')
})

test('a cycle of three files, one edge of it a type import, is found and named', () => {
  const ring = [
    posthorn('domain/a.ts', "import type { B } from './b.ts'"),
    posthorn('domain/b.ts', "import { c } from './c.ts'"),
    posthorn('domain/c.ts', "export { a } from './a.ts'"),
    posthorn('domain/d.ts', "import { a } from './a.ts'"),
  ]
  const cycles = findCycles(importGraph(ring, own))
  assert.deepEqual(
    cycles.map((cycle) => cycle.map((path) => path.at(-4))),
    [['a', 'b', 'c']],
  )
})

/**
 * What a user installs: the packages are built, packed and unpacked into an empty project, beside links to exactly the
 * dependencies that they declare. (Not by `npm install`, which would need the registry and would not notice an
 * undeclared dependency that another package happens to bring.)
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { type Manifest, ownPackages } from './house/own-packages.ts'
import { ROOT } from './house/source.ts'

const project = mkdtempSync(join(tmpdir(), 'posthorn-package-'))
const own = ownPackages().filter(({ manifest }) => manifest.private !== true)
const subpaths = own.flatMap(({ name, exports }) => Object.keys(exports).map((path) => name + path.slice(1)))

function run(command: string, ...args: string[]): string {
  const done = spawnSync(command, args, { cwd: project, encoding: 'utf8' })
  if (done.status !== 0)
    throw new Error(`${command} ${args.join(' ')}\n${done.stdout}${done.stderr}${done.error ?? ''}`)
  return done.stdout
}

after(() => rmSync(project, { recursive: true, force: true }))

function installPackages(): void {
  run(process.execPath, join(ROOT, 'scripts/build.ts'), '--out', join(project, 'built'))
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }')
  for (const { name, folder } of own) {
    const tarball = run(
      'npm',
      'pack',
      '--silent',
      join(project, 'built', folder.split('/')[1] as string),
    ).trim()
    mkdirSync(join(project, 'node_modules', name), { recursive: true })
    run('tar', '-xzf', tarball, '-C', join(project, 'node_modules', name), '--strip-components=1')
  }
  for (const { name } of own) linkDependencies(installed(name))
}

function installed(name: string): Manifest {
  return JSON.parse(readFileSync(join(project, 'node_modules', name, 'package.json'), 'utf8')) as Manifest
}

function linkDependencies(manifest: Manifest): void {
  for (const name of Object.keys(manifest.dependencies ?? {}).filter((name) =>
    own.every((one) => one.name !== name),
  )) {
    const link = join(project, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules', name), link)
  }
}

// Here and not in a hook: it takes a minute of a busy machine without a turn of the event loop, which node:test has taken
// for the end of the file once.
installPackages()

test('every public name of the sources can be imported from the installed packages', async () => {
  writeFileSync(
    join(project, 'names.js'),
    `const names = {}
     for (const path of ${JSON.stringify(subpaths)}) names[path] = Object.keys(await import(path)).sort()
     process.stdout.write(JSON.stringify(names))`,
  )
  const names = JSON.parse(run(process.execPath, 'names.js'))
  for (const path of subpaths) assert.deepEqual(names[path], Object.keys(await import(path)).sort(), path)
})

test('the types of every public name are found by a strict project', () => {
  const lines = subpaths.map(
    (path, index) => `import * as _${index} from '${path}'\nexport const a${index} = _${index}`,
  )
  writeFileSync(join(project, 'types.ts'), lines.join('\n'))
  const flags = [
    '--strict',
    '--noEmit',
    '--module',
    'nodenext',
    '--target',
    'es2024',
    '--lib',
    'es2024,dom,dom.iterable,esnext.disposable',
  ]
  const types = ['--typeRoots', join(ROOT, 'node_modules/@types'), '--types', 'node', '--preserveSymlinks']
  const found = run(
    join(ROOT, 'node_modules/.bin/tsc'),
    ...flags,
    ...types,
    '--skipLibCheck',
    'false',
    'types.ts',
  )
  assert.equal(found, '')
})

test('the installed library stores in its thread and reads it again', () => {
  writeFileSync(
    join(project, 'store.js'),
    `import { createPosthorn } from 'posthorn'
     const posthorn = await createPosthorn({ dataDir: './data' })
     await posthorn.publish({ type: 'a.b', data: {}, id: 'one' })
     const { duplicate } = await posthorn.publish({ type: 'a.b', data: {}, id: 'one' })
     await posthorn.stop()
     process.stdout.write(String(duplicate))`,
  )
  assert.equal(run(process.execPath, 'store.js'), 'true')
})

test('the installed command tells its story: what it reads at run time is in the package', () => {
  const { bin } = installed('posthorn')
  const script = join('node_modules/posthorn', bin?.posthorn ?? '')
  assert.match(run(process.execPath, script, 'dev', '--once', '--port', '0'), /delivered {2,}star\.created/)
})

test('the installed command answers with the version', () => {
  const { version, bin } = installed('posthorn')
  const answer = run(process.execPath, join('node_modules/posthorn', bin?.posthorn ?? ''), '--version')
  assert.equal(answer.trim(), version)
})

test('a package carries its license, its readme, and no source or test', () => {
  for (const { name } of own) {
    const files = run('find', join('node_modules', name), '-type', 'f').trim().split('\n')
    const inside = files.map((file) => file.slice(`node_modules/${name}/`.length))
    for (const wanted of ['LICENSE', 'README.md', 'package.json'])
      assert.ok(inside.includes(wanted), `${name}: ${wanted}`)
    assert.equal(inside.includes('dist/console/index.html'), name === 'posthorn', `${name}: the console`)
    const odd = inside.filter(
      (file) =>
        !/^(?:LICENSE|README\.md|package\.json|bin\/.*\.js|src\/.*\.(?:js|d\.ts)|src\/cli\/dev\/samples\/.*\.(?:json|md)|dist\/console\/(?:index\.html|assets\/[\w.-]+))$/.test(
          file,
        ),
    )
    assert.deepEqual(odd, [], name)
  }
})

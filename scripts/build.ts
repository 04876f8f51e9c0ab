/**
 * Makes each package publishable: a folder with compiled files and a manifest of its own.
 *
 *   node scripts/build.ts [--out FOLDER] [--lint]
 *
 * The folder keeps the layout of the sources (`src/`, `bin/`), so relative paths mean the same in both. `--out` puts
 * the packages below another folder than `packages/<name>/dist`; `--lint` checks the result with publint.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, string>>
  readonly [field: string]: unknown
}

interface Built {
  readonly manifest: Manifest
  readonly folder: string
}

/** What the server hands out at `/`, beside the compiled files of this package. */
const CONSOLE = join(ROOT, 'packages/console/dist')

/** In the order in which they need each other. */
const PACKAGES = ['receiver', 'posthorn']

function build(name: string, folder: string, earlier: readonly Built[]): Built {
  const from = join(ROOT, 'packages', name)
  const manifest = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8')) as Manifest
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  compile(from, folder, earlier)
  if (existsSync(join(from, 'bin'))) cpSync(join(from, 'bin'), join(folder, 'bin'), { recursive: true })
  if (name === 'posthorn') copyConsole(join(folder, 'dist/console'))
  cpSync(join(from, 'README.md'), join(folder, 'README.md'))
  cpSync(join(ROOT, 'LICENSE'), join(folder, 'LICENSE'))
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(publishedManifest(manifest), null, 2)}\n`)
  return { manifest, folder }
}

function copyConsole(to: string): void {
  if (!existsSync(join(CONSOLE, 'index.html'))) {
    console.error(`${CONSOLE} is missing: build the console first, with \`npm run prepare\``)
    process.exit(1)
  }
  cpSync(CONSOLE, to, { recursive: true })
}

function compile(from: string, folder: string, earlier: readonly Built[]): void {
  const config = join(folder, 'tsconfig.json')
  const options = {
    noEmit: false,
    allowImportingTsExtensions: false,
    rewriteRelativeImportExtensions: true,
    declaration: true,
    stripInternal: true,
    rootDir: from,
    outDir: folder,
    typeRoots: [join(ROOT, 'node_modules/@types')],
    paths: Object.fromEntries(earlier.flatMap(typePaths)),
  }
  const extended = {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions: options,
    include: [join(from, 'src')],
    exclude: [],
  }
  writeFileSync(config, JSON.stringify(extended))
  const tsc = spawnSync(join(ROOT, 'node_modules/.bin/tsc'), ['-p', config], { stdio: 'inherit' })
  rmSync(config)
  if (tsc.status !== 0) {
    console.error(`${from} does not compile`)
    process.exit(1)
  }
  for (const file of globSync('src/**/*.{js,d.ts}', { cwd: folder })) rename(join(folder, file))
  // What the sources read at run time: samples and the like.
  for (const file of globSync('src/**/*.{json,md}', { cwd: from }))
    cpSync(join(from, file), join(folder, file))
}

/** Their compiled types, since through the workspace's link their sources would be compiled a second time. */
function typePaths({ manifest, folder }: Built): [string, string[]][] {
  return Object.entries(manifest.exports).map(([subpath, file]) => [
    manifest.name + subpath.slice(1),
    [join(folder, file.replace(/\.ts$/, '.d.ts'))],
  ])
}

/**
 * tsc rewrites the imports of what runs, but neither `new URL('./thread.ts', import.meta.url)`, the way to name a
 * worker's entry, nor the imports of declarations, which only a recent TypeScript finds as they are.
 */
function rename(file: string): void {
  const text = readFileSync(file, 'utf8')
  const form = file.endsWith('.js')
    ? /(new URL\((['"])\.[^'"]*)\.ts(\2, import\.meta\.url\))/g
    : /((?:from |import\()(['"])\.[^'"]*)\.ts(\2)/g
  const renamed = text.replaceAll(form, '$1.js$3')
  if (renamed !== text) writeFileSync(file, renamed)
}

function publishedManifest(manifest: Manifest): object {
  const { devDependencies: _, ...kept } = manifest
  const exports = Object.entries(manifest.exports).map(([subpath, file]) => [
    subpath,
    { types: file.replace(/\.ts$/, '.d.ts'), default: file.replace(/\.ts$/, '.js') },
  ])
  return { ...kept, exports: { ...Object.fromEntries(exports), './package.json': './package.json' } }
}

async function lint({ manifest, folder }: Built): Promise<number> {
  const { messages, pkg } = await publint({ pkgDir: folder, strict: true, pack: 'npm' })
  for (const message of messages) console.error(`${manifest.name}: ${formatMessage(message, pkg)}`)
  return messages.length
}

const { values } = parseArgs({
  options: { out: { type: 'string' }, lint: { type: 'boolean', default: false } },
})
const built: Built[] = []
for (const name of PACKAGES) {
  const folder = values.out === undefined ? join(ROOT, 'packages', name, 'dist') : join(values.out, name)
  built.push(build(name, folder, built))
  console.log(`built ${built.at(-1)?.manifest.name} in ${folder}`)
}
if (values.lint) {
  const findings = await Promise.all(built.map(lint))
  const count = findings.reduce((sum, found) => sum + found, 0)
  console.log(count === 0 ? 'publint: nothing to say' : `publint: ${count} to repair`)
  process.exitCode = count === 0 ? 0 : 1
}

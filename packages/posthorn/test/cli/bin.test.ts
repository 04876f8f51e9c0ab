import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { test } from 'node:test'
import { COMMANDS } from '../../src/cli/commands.ts'
import { EXIT } from '../../src/cli/exit.ts'
import { VERSION } from '../../src/instance/version.ts'
import { cli } from './support/context.ts'
import { BIN, start, tempDir } from './support/process.ts'

const OPTIONS = { timeout: 60_000 }

test('--version and --help', async () => {
  assert.deepEqual(await cli(['--version']), { code: 0, stdout: `${VERSION}\n`, stderr: '' })
  const help = await cli(['--help'])
  assert.equal(help.code, 0)
  for (const { name } of COMMANDS) assert.match(help.stdout, new RegExp(`^ {2}${name} `, 'm'))
  for (const { code, meaning } of Object.values(EXIT))
    assert.ok(help.stdout.includes(`${`${code}`.padEnd(4)} ${meaning}`))
})

for (const { name } of COMMANDS)
  test(`${name} --help`, async () => {
    const { code, stdout, stderr } = await cli([name, '--help'])
    assert.deepEqual([code, stderr], [0, ''])
    assert.match(stdout, new RegExp(`^Usage: posthorn ${name}`))
    assert.deepEqual((await cli(['help', name])).stdout, stdout)
  })

test('the help of serve names every flag with its variable and default', async () => {
  const { stdout } = await cli(['serve', '--help'])
  const flat = stdout.replace(/\s+/g, ' ')
  assert.match(
    flat,
    /--port <PORT> Port to listen on; 0 takes any free one\. \(0 to 65535; default: 3400; POSTHORN_PORT\)/,
  )
})

test('without a command, with one that is not known, with too much', async () => {
  const nothing = await cli([])
  assert.equal(nothing.code, 2)
  assert.match(nothing.stderr, /posthorn dev/)
  const unknown = await cli(['srve'])
  assert.equal(unknown.code, 2)
  assert.match(unknown.stderr, /Unknown command 'srve'[\s\S]*serve/)
  assert.equal((await cli(['subscriptions'])).code, 2)
  assert.equal((await cli(['migrate', 'now'])).code, 2)
})

test('a reader that goes away ends it quietly', OPTIONS, () => {
  const line = `"${process.execPath}" "${BIN}" serve --help | head -n 1`
  const { stdout, stderr } = spawnSync('sh', ['-c', line], { encoding: 'utf8' })
  assert.equal(stdout, 'Usage: posthorn serve [options]\n')
  assert.equal(stderr, '')
})

/** An older Node of this machine, if it has one beside ours. */
function oldNode(): string | null {
  const folders = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.includes('node_modules'))
  for (const folder of folders) {
    const node = join(folder, 'node')
    if (!existsSync(node)) continue
    const { stdout } = spawnSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' })
    if (Number(stdout.split('.')[0]) < 24) return node
  }
  return null
}

const old = oldNode()
const skip = old === null ? 'no Node older than 24 on this machine' : false

test('under an old Node it says so', { skip }, (t) => {
  const alone = join(tempDir(t), 'posthorn.mjs')
  copyFileSync(BIN, alone)
  const { status, stderr } = spawnSync(old ?? '', [alone, '--version'], { encoding: 'utf8' })
  assert.equal(status, 78)
  assert.match(stderr, /posthorn needs Node 24 or newer; this is Node \d+/)
})

test('under an old Node it finds a newer one in node_modules, with its exit code', {
  ...OPTIONS,
  skip,
}, async (t) => {
  const good = start(t, ['--version'], { node: old ?? '' })
  assert.deepEqual(await good.ended, { code: 0, signal: null })
  assert.equal(good.stdout.text, `${VERSION}\n`)
  const bad = start(t, ['srve'], { node: old ?? '' })
  assert.deepEqual(await bad.ended, { code: 2, signal: null })
})

test('signals reach the newer Node, and it does not outlive its parent', { ...OPTIONS, skip }, async (t) => {
  const dataDir = tempDir(t)
  const args = ['serve', '--port', '0', '--data-dir', dataDir]
  const drained = start(t, args, { node: old ?? '' })
  await drained.stdout.find(/listening on/)
  drained.child.kill('SIGTERM')
  assert.deepEqual(await drained.ended, { code: 0, signal: null })
  const killed = start(t, args, { node: old ?? '' })
  await killed.stdout.find(/listening on/)
  killed.child.kill('SIGKILL')
  // Resolves only when the pipes are closed, which the server holds open for as long as it lives.
  assert.equal((await killed.ended).signal, 'SIGKILL')
  const next = start(t, args)
  await next.stdout.find(/listening on/)
})

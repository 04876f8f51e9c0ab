import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { cli, rowsOf } from './support/context.ts'
import { ADMIN_KEY, serve, start, tempDir } from './support/process.ts'

const OPTIONS = { timeout: 60_000 }

test('serve: one line on stdout, an admin key once on stderr, SIGTERM drains, exit 0', OPTIONS, async (t) => {
  const dataDir = join(tempDir(t), 'data')
  const first = start(t, ['serve', '--port', '0', '--data-dir', dataDir])
  const [, url = ''] = await first.stdout.find(/^posthorn listening on (http:\/\/127\.0\.0\.1:\d+)\n$/)
  const [, key = ''] = await first.stderr.find(/admin key, shown this once, keep it: (\S+)\n/)
  assert.ok(key.length >= 24)
  const env = { POSTHORN_URL: url, POSTHORN_KEY: key }
  const published = await cli(['publish', '--type', 'a.b', '--data', '{"x":1.0}', '--json'], { env })
  assert.equal(published.code, 0, published.stderr)
  first.child.kill('SIGTERM')
  assert.deepEqual(await first.ended, { code: 0, signal: null })
  assert.match(first.stdout.text, /^posthorn listening on \S+\n$/)
  for (const line of first.stderr.text.split('\n').filter((one) => one !== '' && !one.includes('admin key')))
    assert.doesNotThrow(() => JSON.parse(line), line)
  assert.equal(first.stderr.text.split(key).length, 2, 'the key stands there once')

  const second = start(t, ['serve', '--port', '0', '--data-dir', dataDir])
  const [, next = ''] = await second.stdout.find(/listening on (\S+)/)
  const listed = await cli(['events', 'list', '--json'], { env: { ...env, POSTHORN_URL: next } })
  assert.equal(listed.code, 0, listed.stderr)
  assert.equal(
    rowsOf(listed.stdout)[0]?.event_id,
    (JSON.parse(published.stdout) as { event_id: string }).event_id,
  )
  second.child.kill('SIGINT')
  assert.deepEqual(await second.ended, { code: 0, signal: null })
  assert.doesNotMatch(second.stderr.text, /admin key/)
})

test('serve: IPv6 stands in brackets', OPTIONS, async (t) => {
  if (!(await hasIpv6())) return t.skip('no IPv6 on this machine')
  const { stdout } = start(t, ['serve', '--port', '0', '--host', '::1', '--data-dir', tempDir(t)])
  const [, url = ''] = await stdout.find(/listening on (http:\/\/\[::1\]:\d+)\n/)
  assert.equal((await fetch(`${url}/healthz`)).status, 200)
})

function hasIpv6(): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(0, '::1', () => probe.close(() => resolve(true)))
  })
}

test('starts that fail: each with its code and one clear message', OPTIONS, async (t) => {
  const folder = tempDir(t)
  const running = await serve(t, join(folder, 'data'))
  const port = new URL(running.url).port
  const failing = async (args: readonly string[], env: Record<string, string> = {}) => {
    const child = start(t, args, { env })
    const { code } = await child.ended
    assert.equal(child.stdout.text, '')
    return { code, text: child.stderr.text }
  }
  const locked = await failing(['serve', '--port', '0', '--data-dir', join(folder, 'data')])
  assert.equal(locked.code, 75)
  assert.match(locked.text, new RegExp(`data folder .*/data is in use by process ${running.pid} on`))

  const busy = await failing(['serve', '--port', port, '--data-dir', join(folder, 'other')])
  assert.equal(busy.code, 75)
  assert.match(
    busy.text,
    new RegExp(`Cannot listen on 127\\.0\\.0\\.1:${port}: another process listens there`),
  )
  assert.match(busy.text, /admin key, shown this once/, 'a key that was made is not lost with the start')

  const wrong = await failing(['serve'], { POSTHORN_PORT: 'tcp://10.0.0.1:3400' })
  assert.equal(wrong.code, 78)
  assert.match(wrong.text, /--port \(POSTHORN_PORT\) must be a whole number from 0 to 65535/)

  writeFileSync(join(folder, 'file'), '')
  const file = await failing(['serve', '--port', '0', '--data-dir', join(folder, 'file')])
  assert.equal(file.code, 78, file.text)

  assert.equal((await failing(['serve', '--prot', '1'])).code, 2)
})

test('migrate says from where to where, and refuses a folder in use', OPTIONS, async (t) => {
  const folder = tempDir(t)
  const first = await cli(['migrate', '--data-dir', folder, '--json'])
  assert.equal(first.code, 0, first.stderr)
  const { from, to } = JSON.parse(first.stdout) as { from: number; to: number }
  assert.ok(from === 0 && to > 0)
  assert.match(
    (await cli(['migrate', '--data-dir', folder])).stdout,
    new RegExp(`has schema ${to}, which is up to date`),
  )
  assert.ok(existsSync(join(folder, 'posthorn.db')))
  await serve(t, folder)
  const refused = await cli(['migrate', '--data-dir', folder, '--json'])
  assert.equal(refused.code, 75)
  const shown = JSON.parse(refused.stderr) as { code: string; exit_code: number }
  assert.deepEqual([shown.code, shown.exit_code], ['data_dir_locked', 75])
})

test(
  'exit codes of a command: unreachable, no key, wrong key, no such thing, refused',
  OPTIONS,
  async (t) => {
    const { env } = await serve(t, tempDir(t))
    const nobody = { POSTHORN_URL: 'http://127.0.0.1:9', POSTHORN_KEY: ADMIN_KEY }
    const cases = [
      [3, ['events', 'list'], nobody, /Is the server running at http:\/\/127\.0\.0\.1:9/],
      [4, ['events', 'list'], { POSTHORN_URL: env.POSTHORN_URL ?? '' }, /POSTHORN_KEY/],
      [4, ['events', 'list'], { ...env, POSTHORN_KEY: 'not-a-key' }, /./],
      [5, ['events', 'show', 'nope'], env, /There is no event nope/],
      [1, ['subscriptions', 'create', 'ftp://x', '--event', '*'], env, /./],
      [2, ['events', 'list', '--since', 'soon'], env, /--since "soon" is no time/],
      [2, ['events', 'list', '--limit', '0'], env, /--limit "0"/],
      [2, ['events', 'list', '--url', 'nonsense'], env, /is no http/],
    ] as const
    for (const [code, args, given, message] of cases) {
      const result = await cli(args, { env: given })
      assert.equal(result.code, code, `${args.join(' ')}: ${result.stderr}`)
      assert.match(result.stderr, message)
      const json = await cli([...args, '--json'], { env: given })
      const shown = JSON.parse(json.stderr) as { exit_code: number; detail: string; type: string }
      assert.equal(shown.exit_code, code)
      assert.match(shown.type, /^urn:posthorn:error:\w+$/)
    }
  },
)

test('doctor: a good machine, a server that is not there, a key that is wrong', OPTIONS, async (t) => {
  const folder = tempDir(t)
  const { env } = await serve(t, join(folder, 'data'))
  const args = ['doctor', '--json', '--port', '0', '--data-dir', join(folder, 'new')]
  const good = await cli(args, { env })
  assert.equal(good.code, 0, good.stdout)
  const { checks } = JSON.parse(good.stdout) as { checks: Array<{ name: string; verdict: string }> }
  assert.deepEqual(
    checks.map(({ name, verdict }) => `${name} ${verdict}`),
    ['node', 'data folder', 'disk', 'port', 'server', 'clock', 'ready', 'key'].map((name) => `${name} good`),
  )
  assert.ok(!existsSync(join(folder, 'new')), 'it changes nothing')
  assert.equal((await cli(args, { env: { ...env, POSTHORN_KEY: 'wrong' } })).code, 1)
  assert.equal((await cli(args, { env: { POSTHORN_URL: 'http://127.0.0.1:9' } })).code, 1)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTarget } from '../../src/testing/target.ts'
import { cli, rowsOf } from './support/context.ts'
import { type Running, serve, start, tempDir } from './support/process.ts'

const OPTIONS = { timeout: 60_000 }

for (const scheme of ['standard', 'standard-ed25519', 'prefixed'])
  test(`listen verifies, prints, forwards, and leaves nothing behind: ${scheme}`, OPTIONS, async (t) => {
    const { env } = await serve(t, tempDir(t))
    const target = await startTarget({ answer: { status: 201, body: 'made' } })
    t.after(() => target.close())
    const args = [
      'listen',
      '--event',
      'heard.*',
      '--scheme',
      scheme,
      '--forward',
      `${target.url}app`,
      '--json',
    ]
    const listener = start(t, args, { env })
    await listener.stderr.find(/Listening on http:\S+ for heard\.\* as sub_/)
    await cli(['publish', '--type', 'heard.a', '--data', '{"a":1}'], { env })
    await listener.stdout.find(/\n/)
    const [printed] = rowsOf(listener.stdout.text)
    assert.equal(printed?.verified, 'the signature fits')
    assert.equal(printed?.forwarded, 'answered with 201')
    const [request] = await target.waitFor(1)
    assert.equal(request?.path, '/app')
    assert.equal(Buffer.from(request?.body ?? []).toString(), printed?.body)
    await end(listener)
    assert.match(listener.stderr.text, /The subscription sub_\S+ is removed/)
    assert.equal(rowsOf((await cli(['subscriptions', 'list', '--json'], { env })).stdout).length, 0)
  })

async function end(running: Running): Promise<void> {
  running.child.kill('SIGINT')
  assert.deepEqual(await running.ended, { code: 0, signal: null }, running.stderr.text)
}

test('listen refuses what is not signed, and says so', OPTIONS, async (t) => {
  const { env } = await serve(t, tempDir(t))
  const listener = start(t, ['listen'], { env })
  const [, url = ''] = await listener.stderr.find(/Listening on (\S+) for \*/)
  const response = await fetch(url, { method: 'POST', body: '{}' })
  assert.equal(response.status, 401)
  assert.equal(await response.text(), '')
  await listener.stdout.find(/verified signature_missing|verified id_missing|verified timestamp_missing/)
  await end(listener)
})

test('listen on a server that does not call this machine says what to do', OPTIONS, async (t) => {
  const args = ['serve', '--port', '0', '--data-dir', tempDir(t)]
  const key = 'an-admin-key-for-the-tests-0123456789'
  const server = start(t, args, { env: { POSTHORN_ADMIN_KEY: key } })
  const [, url = ''] = await server.stdout.find(/listening on (\S+)/)
  const { code, stderr } = await cli(['listen'], { env: { POSTHORN_URL: url, POSTHORN_KEY: key } })
  assert.equal(code, 1)
  assert.match(stderr, /--allow-http and --allow-network, or give a --public-url/)
})

test('inspect prints any request, harmlessly, and answers as told', OPTIONS, async (t) => {
  const inspector = start(t, ['inspect', '--port', '0', '--status', '503'])
  const [, url = ''] = await inspector.stderr.find(/Listening on (\S+), answering 503/)
  const response = await fetch(`${url}/a?b=c`, {
    method: 'PUT',
    headers: { 'x-own': 'value' },
    body: 'one\u001b[2Jtwo',
  })
  assert.equal(response.status, 503)
  await inspector.stdout.find(/PUT \/a\?b=c\n[\s\S]*x-own: value[\s\S]*one\\x1b\[2Jtwo\n/)
  await end(inspector)
})

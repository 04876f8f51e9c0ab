import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { cli } from './support/context.ts'
import { start, tempDir } from './support/process.ts'

const OPTIONS = { timeout: 120_000 }

/** The story in order: each must stand after the one before. */
const STORY = [
  /Posthorn \S+ listens on http:\/\/127\.0\.0\.1:\d+/,
  /published +issues\.opened +demo-\w+-1 is stored, 1 delivery/,
  /posted +POST \/inbox +\d+ bytes/,
  /signed +POST \/inbox +webhook-signature: v1,/,
  /verified +issues\.opened +demo-\w+-1: the signature fits/,
  /handled +issues\.opened +Codertocat\/Hello-World has a new issue #1: Spelling error in the README file/,
  /delivered +issues\.opened +attempt 1: status 200/,
  /handled +push +1 commits on refs\/heads\/master/,
  /handled +pull_request\.opened/,
  /duplicate +issues\.opened +demo-\w+-1 was published before/,
  /verified +issues\.opened +demo-\w+-1/,
  /duplicate +issues\.opened +demo-\w+-1 was handled before/,
  /received +push +demo-\w+-github is verified and stored, 1 delivery/,
  /duplicate +push +demo-\w+-github came in before: acknowledged, not delivered again/,
  /published +release\.published/,
  /answered +release\.published +status 503/,
  /failed +release\.published +attempt 1: status 503[^\n]*next in/,
  /failed +release\.published +attempt 2: status 503[^\n]*next in/,
  /handled +release\.published +Codertocat\/Hello-World released/,
  /delivered +release\.published +attempt 3: status 200/,
  /failed +star\.created +attempt 2: status 500[^\n]*no further attempt/,
  /dead +star\.created +after 2 attempts/,
  /retried +star\.created +dlv_\S+ was dead/,
  /handled +star\.created +Codertocat gave/,
  /delivered +star\.created +attempt 3: status 200/,
  /API +http:\/\/127\.0\.0\.1:\d+\/api\/v1\/webhooks/,
  /API docs +http:\/\/127\.0\.0\.1:\d+\/docs/,
  /Admin key +phk_dev_\S+/,
  /curl -sS http:\S+\/events/,
  /Draining/,
  /Stopped\./,
]

function assertStory(text: string): void {
  let at = 0
  for (const line of STORY) {
    const match = line.exec(text.slice(at))
    assert.ok(match !== null, `not there, or not in this place: ${line}\n${text}`)
    at += match.index + match[0].length
  }
}

test('dev --once tells the whole story in order, twice in the same folder', OPTIONS, async (t) => {
  const dataDir = tempDir(t)
  const keys: string[] = []
  for (let count = 0; count < 2; count += 1) {
    const tour = start(t, ['dev', '--once', '--port', '0', '--data-dir', dataDir])
    assert.deepEqual(await tour.ended, { code: 0, signal: null }, tour.stdout.text + tour.stderr.text)
    assertStory(tour.stdout.text)
    assert.equal(tour.stderr.text, '')
    assert.doesNotMatch(tour.stdout.text, /refused|broken {2}/)
    assert.ok(!tour.stdout.text.includes('\x1b'), 'no colours without a terminal')
    keys.push(/Admin key +(\S+)/.exec(tour.stdout.text)?.[1] ?? '')
  }
  assert.equal(keys[0], keys[1], "yesterday's curl lines work today")
})

test('dev on a port that is taken, its curl lines, Ctrl-C', OPTIONS, async (t) => {
  const blocker = createServer()
  // If somebody else has the port already, it is just as taken.
  await new Promise<void>((resolve) =>
    blocker.once('error', () => resolve()).listen(3400, '127.0.0.1', resolve),
  )
  t.after(() => blocker.close())
  const dev = start(t, ['dev', '--data-dir', tempDir(t)])
  await dev.stdout.find(/It goes on running/)
  assert.match(dev.stdout.text, /Port 3400 is taken by another process/)
  const [, publish = ''] = /# Publish an event of your own\n([\s\S]*?)\n\n/.exec(dev.stdout.text) ?? []
  const [, look = ''] = /# Look at the deliveries\n([\s\S]*?)\n\n/.exec(dev.stdout.text) ?? []
  const [, send = ''] = /# Send a webhook as GitHub[^\n]*\n([\s\S]*?)\n\n/.exec(dev.stdout.text) ?? []
  if (spawnSync('curl', ['--version']).status === 0) {
    assert.equal(spawnSync('sh', ['-c', send]).status, 0)
    await dev.stdout.find(/received +ping +hand-made-\w+ is verified and stored, 1 delivery/)
    await dev.stdout.find(/handled +ping/)
    spawnSync('sh', ['-c', send.replace('awesome', 'awful')])
    await dev.stdout.find(/refused +signature_mismatch +a request to src_\S+ was answered 401/)
    const published = spawnSync('sh', ['-c', publish], { encoding: 'utf8' })
    assert.match(published.stdout, /"deliveries":1/, published.stderr)
    await dev.stdout.find(/handled +user\.signed_up[^\n]*\{"id":42,"plan":"free"\}/)
    await dev.stdout.find(/delivered +user\.signed_up/)
    assert.match(spawnSync('sh', ['-c', look], { encoding: 'utf8' }).stdout, /"event_type":"user\.signed_up"/)
  } else t.diagnostic('no curl on this machine: its lines were not run')
  const [, url = '', key = ''] =
    /POSTHORN_URL=(\S+) POSTHORN_KEY=(\S+) POSTHORN_TENANT=demo/.exec(dev.stdout.text) ?? []
  const env = { POSTHORN_URL: url, POSTHORN_KEY: key, POSTHORN_TENANT: 'demo' }
  assert.equal((await cli(['trigger', 'fork'], { env })).code, 0)
  await dev.stdout.find(/handled +fork +Codertocat\/Hello-World was forked/)
  await dev.stdout.find(/delivered +fork/)
  dev.child.kill('SIGINT')
  assert.deepEqual(await dev.ended, { code: 0, signal: null })
  assert.match(dev.stdout.text, /Draining[^\n]*\nStopped\./)
})

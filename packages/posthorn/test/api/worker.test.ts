import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Changes } from '../../src/engine/peers/changes.ts'
import { ask, makeRig } from './support/api.ts'

test('a worker serves its health and metrics, and says of all else where it is', async () => {
  const { server } = makeRig({}, { probesOnly: true })
  for (const path of ['/healthz', '/readyz', '/metrics'])
    assert.equal(
      (await server.inject({ url: path, headers: { authorization: 'Bearer admin-key' } })).statusCode,
      200,
    )
  for (const [method, url] of [
    ['GET', '/'],
    ['GET', '/docs'],
    ['GET', '/openapi.json'],
    ['POST', '/api/v1/webhooks/events'],
    ['GET', '/api/v1/webhooks/subscriptions'],
    ['POST', '/in/src_00000000-0000-7000-8000-000000000000'],
  ] as const) {
    const answer = await server.inject({ method, url })
    assert.equal(answer.statusCode, 404, url)
    assert.match(answer.json().detail, /--role api/)
  }
  const wrong = await server.inject({ method: 'POST', url: '/healthz' })
  assert.equal(wrong.statusCode, 405)
  assert.deepEqual(
    server.routes().filter((route) => !route.startsWith('HEAD')),
    ['GET /healthz', 'GET /readyz', 'GET /metrics'],
  )
})

test('a change that another process made ends what is remembered of keys; one of this process has said so itself', async () => {
  const changes = new Changes()
  const rig = makeRig({}, { changes })
  const asked = () => rig.calls.filter(({ name }) => name === 'keys.authenticate').length
  await ask(rig, 'listSubscriptions')
  await ask(rig, 'listSubscriptions')
  assert.equal(asked(), 1)
  changes.made('ten_1')
  await ask(rig, 'listSubscriptions')
  assert.equal(asked(), 1)
  changes.heard('ten_1')
  await ask(rig, 'listSubscriptions')
  assert.equal(asked(), 2)
})

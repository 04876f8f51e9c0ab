/** The gateway under odd requests: too large, to nobody, all at once, while the server stops. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { GITHUB_SECRET, githubHeaders, type Inbound, type Source, send } from './support/inbound.ts'
import { type ServerProcess, startServer } from './support/server.ts'
import type { Listed } from './support/shapes.ts'
import { until, within } from './support/until.ts'

const LIMIT = 4096
let server: ServerProcess
let source: Source

before(async () => {
  server = await startServer()
  const fields = { slug: 'github', provider: 'github', secrets: [GITHUB_SECRET], body_limit_bytes: LIMIT }
  source = await server.api.post<Source>('/sources', fields, 201)
})

after(async () => {
  await server?.dispose()
})

test('a body over the limit is answered 413, said or counted, and is listed without it', async () => {
  const body = `"${'a'.repeat(LIMIT)}"`
  const headers = await githubHeaders(body, 'large')
  const said = await send(source.ingest_url, { headers, body })
  assert.equal(said.status, 413)
  // Never sent: the answer must come by the announcement alone.
  const huge = await within('an answer to the announcement', announce(source.ingest_url, 20 * 1024 ** 3))
  assert.match(huge, /^HTTP\/1\.1 413 /)
  const pieces = Array.from({ length: 512 }, () => Buffer.alloc(16_384, 97))
  const counted = await send(source.ingest_url, { headers, body: pieces })
  assert.equal(counted.status, 413)
  const rows = await until('three refused requests', async () => {
    const page = await server.api.get<Listed<Inbound>>('/sources/github/requests?verdict=refused')
    return page.data.length >= 3 && page.data
  })
  assert.ok(rows.every(({ reason, status }) => reason === 'body_too_large' && status === 413))
  const shown = await server.api.get<Inbound>(`/sources/github/requests/${rows[0]?.id}`)
  assert.equal(shown.body_bytes, null)
})

function announce(url: string, bytes: number): Promise<string> {
  const { port, pathname } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1')
    let text = ''
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk
    })
    socket.on('error', reject).on('close', () => resolve(text))
    socket.write(`POST ${pathname} HTTP/1.1\r\nhost: x\r\ncontent-length: ${bytes}\r\n\r\n`)
  })
}

test('a source that is not there, or by its slug: 404, whoever asks', async () => {
  for (const id of ['src_0198c1d2-0000-7000-8000-000000000000', 'github', 'src_', '..%2Fapi']) {
    const answer = await send(`${server.url}/in/${id}`, {
      body: '{}',
      headers: { authorization: `Bearer ${server.key}` },
    })
    assert.deepEqual([answer.status, answer.text], [404, '{"error":"not_found"}'], id)
  }
  assert.equal((await send(source.ingest_url, { method: 'PUT', body: '{}' })).status, 405)
  assert.equal((await send(source.ingest_url, { method: 'GET' })).status, 405)
})

test('the same request from many at once is one event, and a success for each', async () => {
  const body = '{"at":"once"}'
  const headers = await githubHeaders(body, 'at-once')
  const answers = await Promise.all(
    Array.from({ length: 40 }, () => send(source.ingest_url, { headers, body })),
  )
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
  const accepted = await server.api.get<Listed<Inbound>>('/sources/github/requests?verdict=accepted')
  assert.equal(accepted.data.filter(({ event_ids }) => event_ids.includes('at-once')).length, 1)
})

test('SIGTERM while requests run: each is stored and told so, or told to come again', async () => {
  const sent = Array.from({ length: 60 }, async (_, at) => {
    const body = `{"number":${at}}`
    const headers = await githubHeaders(body, `stop-${at}`)
    return await send(source.ingest_url, { headers, body }).then(
      ({ status }) => ({ id: `stop-${at}`, status }),
      // A connection that was not taken any more.
      () => ({ id: `stop-${at}`, status: 0 }),
    )
  })
  await Promise.race(sent)
  assert.deepEqual(await server.kill('SIGTERM'), { code: 0, signal: null }, server.run.stderr)
  const answers = await Promise.all(sent)
  await server.start()
  const events = await server.api.all<{ event_id: string }>('/events?source=github')
  const stored = new Set(events.map(({ event_id }) => event_id))
  for (const { id, status } of answers) {
    assert.ok([200, 503, 0].includes(status), `${id}: ${status}`)
    if (status === 200) assert.ok(stored.has(id), `${id} was answered 200 and is lost`)
    if (status === 503) assert.ok(!stored.has(id), `${id} was answered 503 and is stored`)
  }
  assert.ok(answers.some(({ status }) => status === 200))
})

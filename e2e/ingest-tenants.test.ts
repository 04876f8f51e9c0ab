/** Sources of two tenants: what one receives the other never sees, and secrets are nowhere. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Api } from './support/api.ts'
import { GITHUB_SECRET, githubHeaders, type Source, send } from './support/inbound.ts'
import { type ServerProcess, startServer } from './support/server.ts'
import type { Listed } from './support/shapes.ts'
import { nextRequest, startTarget, type Target } from './support/targets.ts'

const VERIFY_TOKEN = 'a-verify-token-that-nobody-may-see'
let server: ServerProcess
let target: Target
const heard: string[] = []

before(async () => {
  server = await startServer()
  target = await startTarget()
})

after(async () => {
  await target?.close()
  await server?.dispose()
})

async function keyOf(tenant: string, scope: string): Promise<Api> {
  const admin = server.api.forTenant(tenant)
  const { key } = await admin.post<{ key: string }>('/keys', { name: scope, scope }, 201)
  return server.apiAs(key).listening(({ text }) => heard.push(text))
}

async function newTenant(slug: string): Promise<Api> {
  await server.api.post('/tenants', { slug }, 201)
  return await keyOf(slug, 'tenant')
}

const FIELDS = { slug: 'github', provider: 'github', secrets: [GITHUB_SECRET], verify_token: VERIFY_TOKEN }

test("another tenant's sources, requests and inbound events are nowhere", async () => {
  const [alpha, beta] = [await newTenant('alpha'), await newTenant('beta')]
  const mine = await alpha.post<Source>('/sources', FIELDS, 201)
  await alpha.post(
    '/subscriptions',
    { name: 'a', url: `${target.url}alpha`, events: ['*'], source: '*' },
    201,
  )
  // By the id of a source that is not its own, and by a slug that both have.
  const theirs = { name: 'b', url: `${target.url}beta`, events: ['*'] }
  const sneaky = { body: { ...theirs, source: mine.id } }
  await beta.refused(400, 'invalid_request', 'POST', '/subscriptions', sneaky)
  await beta.post('/subscriptions', { ...theirs, source: ['*', 'github'] }, 201)
  const body = '{"whose":"alpha"}'
  const answer = await send(mine.ingest_url, { headers: await githubHeaders(body, 'one-id'), body })
  const request = String(answer.headers['posthorn-request'])
  assert.equal((await nextRequest(target)).path, '/alpha')

  const calls: ReadonlyArray<readonly [method: string, path: string, options?: { body: unknown }]> = [
    ...['github', mine.id].flatMap(
      (id): Array<[string, string, { body: unknown }?]> => [
        ['GET', `/sources/${id}`],
        ['PATCH', `/sources/${id}`, { body: { active: false } }],
        ['DELETE', `/sources/${id}`],
        ['POST', `/sources/${id}/let-through`],
        ['GET', `/sources/${id}/requests`],
        ['GET', `/sources/${id}/requests/${request}`],
        ['POST', `/sources/${id}/requests/${request}/verify`],
        ['POST', `/sources/${id}/requests/${request}/replay`],
        ['GET', `/events/one-id?source=${id}`],
        ['GET', `/events/one-id/deliveries?source=${id}`],
        ['POST', `/events/one-id/replay?source=${id}`],
      ],
    ),
    ['GET', '/events/one-id'],
  ]
  const session = await beta.signedIn()
  for (const [method, path, options] of calls)
    for (const api of [beta, session]) await api.refused(404, 'not_found', method, path, options)
  for (const list of ['sources', 'events', 'deliveries'])
    assert.deepEqual((await beta.get<Listed<unknown>>(`/${list}`)).data, [], list)

  // The slug and the event id are free here, and what comes goes to this tenant only.
  const other = await beta.post<Source>('/sources', FIELDS, 201)
  assert.notEqual(other.id, mine.id)
  await beta.refused(404, 'not_found', 'GET', `/sources/github/requests/${request}`)
  const again = await send(other.ingest_url, { headers: await githubHeaders(body, 'one-id'), body })
  assert.equal(again.status, 200)
  assert.equal((await nextRequest(target)).path, '/beta')
  assert.equal(target.requests.length, 2)
})

test('who may only read or publish changes no source', async () => {
  const writer = await newTenant('scopes')
  const { id } = await writer.post<Source>('/sources', FIELDS, 201)
  const reader = await keyOf('scopes', 'read')
  for (const path of ['/sources', `/sources/${id}`, `/sources/${id}/requests`, '/providers'])
    await reader.get(path)
  const publisher = await keyOf('scopes', 'publish')
  await publisher.get('/providers')
  await publisher.refused(403, 'forbidden', 'GET', '/sources')
  for (const api of [reader, publisher]) {
    await api.refused(403, 'forbidden', 'POST', '/sources', { body: { ...FIELDS, slug: 'x' } })
    await api.refused(403, 'forbidden', 'PATCH', `/sources/${id}`, { body: { active: false } })
    await api.refused(403, 'forbidden', 'DELETE', `/sources/${id}`)
    await api.refused(403, 'forbidden', 'POST', `/sources/${id}/let-through`)
    await api.refused(403, 'forbidden', 'POST', `/sources/${id}/requests/req_1/replay`)
    await api.refused(403, 'forbidden', 'POST', `/sources/${id}/requests/req_1/verify`)
  }
  await server.apiAs(null).refused(401, 'unauthorized', 'GET', '/providers')
})

test('what was said in secret is in no answer, no log and no file', async () => {
  await server.api.refused(400, 'invalid_request', 'POST', '/sources', {
    body: { ...FIELDS, provider: 'githob' },
  })
  await server.api.refused(422, 'secret_refused', 'POST', '/sources', {
    body: { slug: 'svix', provider: 'svix', secrets: [`whsec_${GITHUB_SECRET}`] },
  })
  const { run } = server
  await server.kill('SIGTERM')
  const files = readdirSync(server.dataDir).map((name) => readFileSync(join(server.dataDir, name), 'latin1'))
  for (const secret of [GITHUB_SECRET, VERIFY_TOKEN])
    for (const text of [...files, ...heard, run.stderr, run.stdout])
      assert.ok(!text.includes(secret), `${secret} is there in the clear`)
  assert.ok(heard.some((text) => text.includes('"has_verify_token":true')))
})

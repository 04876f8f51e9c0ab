/** A small company's events: targets that work, one that fails, a provider that signs, and one who signs wrongly. */
import { GITHUB_SECRET, githubHeaders, type Source, send } from '../../support/inbound.ts'
import { until } from '../../support/until.ts'
import type { Stage } from './stage.ts'

export interface Scene {
  /** Id of a subscription that fails. */
  readonly failing: string
  /** Id of an event with a delivery that arrived and one that died. */
  readonly event: string
  /** Id of a request that was refused. */
  readonly refused: string
}

const PEOPLE = ['Ada Lovelace', 'Grace Hopper', 'Edsger Dijkstra', 'Barbara Liskov', 'Katherine Johnson']

export async function setScene(stage: Stage): Promise<Scene> {
  const { server, target } = stage
  const { api } = server
  target.answer(({ path }) => {
    if (path.startsWith('/search'))
      return { status: 503, body: '{"error":"index is read-only: disk is full"}' }
    return { headers: { 'content-type': 'application/json' }, body: '{"ok":true}' }
  })
  const subscribe = (name: string, path: string, events: string[], more: object = {}) =>
    api.post<{ id: string }>('/subscriptions', { name, url: target.url + path, events, ...more }, 201)
  await subscribe('Billing', 'billing/events', ['invoice.*', 'subscription.renewed'])
  await subscribe('CRM', 'crm/webhooks', ['user.*', 'invoice.paid', 'ticket.*'])
  await subscribe('Deployments', 'deploy', ['push', 'release.*'], { source: 'github' }).catch(() => null)
  const { id: failing } = await subscribe('Search index', 'search/update', ['user.*', 'invoice.*'], {
    retry: [],
  })
  const paused = await subscribe('Old warehouse', 'warehouse', ['*'])
  await api.post(`/subscriptions/${paused.id}/disable`, undefined, 200)
  await describeTypes(stage)
  const refused = await receive(stage)

  let event = ''
  for (const [at, name] of PEOPLE.entries()) {
    const data = { id: 4200 + at, name, plan: at % 2 === 0 ? 'team' : 'free', invited_by: null }
    await api.post('/events', { event_type: 'user.created', data }, 202)
    const invoice = {
      number: `2026-${1000 + at}`,
      customer: name,
      amount: { value: 49.5 + at, currency: 'EUR' },
    }
    const made = await api.post<{ event_id: string }>(
      '/events',
      { event_type: 'invoice.paid', data: invoice },
      202,
    )
    event = made.event_id
    await api.post(
      '/events',
      { event_type: 'ticket.opened', data: { subject: 'How do I export?', from: name } },
      202,
    )
  }
  await until('nothing is pending', async () => (await api.all('/deliveries?state=pending')).length === 0)
  return { failing, event, refused }
}

async function describeTypes({ server: { api } }: Stage): Promise<void> {
  const text = { type: 'string' }
  const schema = {
    type: 'object',
    required: ['id', 'name'],
    properties: { id: { type: 'integer' }, name: text },
  }
  const examples = [{ id: 42, name: 'Ada Lovelace', plan: 'team', invited_by: null }]
  await api.post(
    '/event-types',
    { name: 'user.created', description: 'Somebody has signed up.', schema, examples },
    201,
  )
  await api.post('/event-types', { name: 'invoice.paid', description: 'The money has arrived.' }, 201)
  await api.post('/event-types', { name: 'ticket.opened', description: 'A customer asks for help.' }, 201)
}

/** @returns the id of a request whose JSON somebody has laid out anew on the way, so that its signature broke */
async function receive({ server: { api } }: Stage): Promise<string> {
  const input = {
    slug: 'github',
    provider: 'github',
    secrets: [GITHUB_SECRET],
    description: 'Our repositories',
  }
  const source = await api.post<Source>('/sources', input, 201)
  for (const number of [1, 2, 3]) {
    const body = JSON.stringify({ ref: 'refs/heads/main', commits: [{ message: `Change ${number}` }] })
    await send(source.ingest_url, { headers: await githubHeaders(body, `push-${number}`), body })
  }
  const body = JSON.stringify({ action: 'published', release: { tag_name: 'v1.4.0' } })
  const headers = await githubHeaders(body, 'release-1', 'release')
  await send(source.ingest_url, { headers, body: `${body}\n` })
  const [request] = await api.all<{ id: string }>('/sources/github/requests?verdict=refused')
  return request?.id ?? ''
}

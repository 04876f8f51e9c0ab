import type { Result, Row } from '../../api/contract/contract.ts'
import type { Output, Style } from '../output.ts'
import type { Column } from '../text/table.ts'
import { shortInstant, spanText } from '../text/time.ts'

type Source = Row<'listSources'>
type Listed = Row<'listRequests'>

export function sourceColumns(output: Output): Array<Column<Source>> {
  return [
    { title: 'id', value: ({ id }) => id },
    { title: 'slug', value: ({ slug }) => slug, least: 10 },
    { title: 'provider', value: ({ provider }) => provider ?? 'own scheme' },
    {
      title: 'active',
      value: ({ active }) => (active ? 'yes' : 'no'),
      paint: (cell, { active }) => output.paint(active ? 'green' : 'red', cell),
    },
    { title: 'secrets', value: ({ secrets }) => String(secrets.length), right: true },
    { title: 'ingest url', value: ({ ingest_url }) => ingest_url },
  ]
}

export function sourceFields(row: Source): Array<readonly [string, string]> {
  const rate = (limit: Source['rate_limit']) =>
    limit === null ? 'none' : `${limit.limit} in ${limit.window_s} s`
  const settings = Object.entries(row.settings).map(([name, value]) => `${name}=${[value].flat().join(',')}`)
  return [
    ['id', row.id],
    ['slug', row.slug],
    ['ingest url', row.ingest_url],
    ['provider', row.provider ?? `own scheme: ${JSON.stringify(row.scheme)}`],
    ...(settings.length === 0 ? [] : [['settings', settings.join('; ')] as const]),
    ['active', row.active ? 'yes' : 'no: answered 404'],
    ['description', row.description],
    ['secrets', row.secrets.map(secretText).join('; ') || 'none'],
    ['verify token', row.has_verify_token ? 'given' : 'none'],
    ['let in', row.allowed_ips.join(', ') || 'from everywhere'],
    ['https only', row.https_only ? 'yes' : 'no'],
    ['rate limit', rate(row.rate_limit)],
    ['of an address', rate(row.address_rate_limit)],
    ['body limit', `${row.body_limit_bytes} bytes`],
    ['tolerance', row.tolerance_s === null ? 'of the scheme' : `${row.tolerance_s} s`],
    ['public url', row.public_url ?? 'none'],
    ['ids remembered', spanText(row.dedupe_s * 1000)],
    ['expected tenant', row.expected_tenant ?? 'any'],
    ['check schemas', row.check_schemas ? 'yes' : 'no'],
    ['test events', row.test_events],
    ...(row.allowed_origins.length === 0 ? [] : [['origins', row.allowed_origins.join(', ')] as const]),
    ...row.let_through.map(
      ({ event_id, until }) => ['let through', `${event_id ?? 'any event'} until ${until}`] as const,
    ),
    ['created', row.created_at],
    ['updated', row.updated_at],
  ]
}

const VERDICT_STYLES: Readonly<Record<Listed['verdict'], Style>> = {
  accepted: 'green',
  duplicate: 'dim',
  redelivered: 'green',
  refused: 'red',
  handshake: 'dim',
}

export function requestColumns(output: Output): Array<Column<Listed>> {
  return [
    { title: 'id', value: ({ id }) => id },
    { title: 'received', value: ({ received_at }) => shortInstant(received_at) },
    {
      title: 'verdict',
      value: ({ verdict }) => verdict,
      paint: (cell, { verdict }) => output.paint(VERDICT_STYLES[verdict], cell),
    },
    { title: 'status', value: ({ status }) => String(status), right: true },
    { title: 'reason', value: ({ reason }) => reason ?? '', least: 10 },
    { title: 'address', value: ({ address }) => address ?? '-' },
    { title: 'events', value: ({ event_ids }) => event_ids.join(', '), least: 12 },
  ]
}

export function requestFields(request: Result<'getRequest'>): Array<readonly [string, string]> {
  const secret = request.secret_index === 0 ? 'the current one' : `number ${(request.secret_index ?? 0) + 1}`
  return [
    ['id', request.id],
    ['received', request.received_at],
    ['from', request.address ?? 'not known'],
    ['verdict', request.verdict],
    ...(request.reason === null ? [] : [['reason', request.reason] as const]),
    ['answered', String(request.status)],
    ...(request.secret_index === null ? [] : [['secret', secret] as const]),
    ['events', request.event_ids.join(', ') || 'none'],
    ['request', `${request.method} ${request.url}`],
    ...request.headers.map(({ name, value }) => [`  ${name}`, value] as const),
    ['body', request.body_bytes === null ? 'was not kept' : `${request.body_bytes} bytes`],
  ]
}

function secretText({ created_at, last_used_at }: Source['secrets'][number]): string {
  return `given ${created_at}, ${last_used_at === null ? 'not used yet' : `last used ${last_used_at}`}`
}

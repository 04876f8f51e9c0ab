import type { Result, Row } from '../../api/contract/contract.ts'
import type { Output } from '../output.ts'
import type { Column } from '../text/table.ts'
import { spanText } from '../text/time.ts'

type Subscription = Row<'listSubscriptions'>

export function subscriptionColumns(output: Output): Array<Column<Subscription>> {
  return [
    { title: 'id', value: ({ id }) => id },
    { title: 'name', value: ({ name }) => name, least: 10 },
    {
      title: 'active',
      value: (row) => activeText(row),
      paint: (cell, { active }) => output.paint(active ? 'green' : 'red', cell),
    },
    { title: 'events', value: ({ events }) => events.join(', '), least: 10 },
    { title: 'source', value: ({ source }) => source?.join(', ') ?? '-', least: 8 },
    { title: 'url', value: ({ url }) => url, least: 20 },
  ]
}

function activeText({ active, disabled_reason }: Subscription): string {
  return active ? 'yes' : `no (${disabled_reason ?? 'made so'})`
}

export function subscriptionFields(row: Subscription): Array<readonly [string, string]> {
  const limit = row.rate_limit
  return [
    ['id', row.id],
    ['name', row.name],
    ['url', row.url],
    ['events', row.events.join(', ')],
    ['of sources', row.source?.join(', ') ?? 'none: what is published'],
    ['active', activeText(row)],
    ['description', row.description],
    ['owner', row.owner_email ?? 'none'],
    ['signature', `${row.signature.scheme}, prefix ${row.signature.header_prefix}`],
    ['format', row.format],
    [
      'headers',
      Object.entries(row.headers)
        .map(([name, value]) => `${name}: ${value}`)
        .join('; ') || 'none',
    ],
    ['timeout', `${row.timeout_ms} ms`],
    ['max in flight', String(row.max_in_flight)],
    ['rate limit', limit === null ? 'none' : `${limit.limit} in ${limit.window_s} s`],
    ['retry', typeof row.retry === 'string' ? row.retry : JSON.stringify(row.retry)],
    ['client errors', row.on_client_error],
    ['failing since', row.failing_since ?? 'not failing'],
    ['secrets', row.secrets.map(secretText).join('; ')],
    ['created', row.created_at],
    ['updated', row.updated_at],
  ]
}

function secretText({ created_at, expires_at }: Subscription['secrets'][number]): string {
  return `made ${created_at}${expires_at === null ? '' : `, until ${expires_at}`}`
}

export function statsFields(stats: Result<'getSubscriptionStats'>): Array<readonly [string, string]> {
  const ms = (value: number | null) => (value === null ? '-' : spanText(value))
  const share = stats.attempts === 0 ? '' : ` (${((stats.succeeded / stats.attempts) * 100).toFixed(1)} %)`
  return [
    ['window', spanText(stats.window_s * 1000)],
    ['attempts', String(stats.attempts)],
    ['succeeded', `${stats.succeeded}${share}`],
    ['failed', String(stats.failed)],
    ['durations', `p50 ${ms(stats.p50_ms)}, p90 ${ms(stats.p90_ms)}, p99 ${ms(stats.p99_ms)}`],
    ['pending now', String(stats.pending)],
    ['dead now', String(stats.dead)],
    ['oldest due', stats.oldest_due_at ?? '-'],
  ]
}

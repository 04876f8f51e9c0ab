/** What people read, in e-mails and in Slack: what, since when, why, and where to look. Plain text. */
import type { Alert, AlertChange } from '../../domain/alert.ts'
import { instant, inWords } from './readings.ts'

const TITLES: Readonly<Record<Alert['kind'], string>> = {
  failure_rate: 'attempts fail',
  dead_letters: 'dead letters',
  oldest_due: 'deliveries are late',
  subscription_disabled: 'a subscription was disabled',
  source_silent: 'a source is silent',
  refused_signatures: 'signatures are refused',
  subscription_failing: 'a subscription fails',
}

export function titleOf(alert: Alert, change: AlertChange): string {
  const { name, kind, subject, ruleId } = alert
  const what = ruleId === null ? (subject?.name ?? name) : name
  const word = { opened: 'Alert', reminder: 'Still', closed: 'Over' }[change]
  return `${word}: ${what} (${TITLES[kind]})`
}

/** @param publicUrl without a slash at its end; null: no link */
export function textOf(alert: Alert, change: AlertChange, publicUrl: string | null): string {
  const { subject, since, cause, closedAt, ruleId, name } = alert
  const lines = [titleOf(alert, change), '']
  if (change === 'closed')
    lines.push(`It is over. It lasted ${inWords(Math.floor(((closedAt ?? since) - since) / 1000))}.`)
  else lines.push(cause)
  lines.push(`Since: ${instant(since)}`)
  if (closedAt !== null) lines.push(`Until: ${instant(closedAt)}`, `Cause: ${cause}`)
  if (subject !== null)
    lines.push(`${subject.kind === 'source' ? 'Source' : 'Subscription'}: ${subject.name} (${subject.id})`)
  if (ruleId !== null) lines.push(`Rule: ${name} (${ruleId})`)
  if (publicUrl !== null) lines.push('', `${publicUrl}${pageOf(alert)}`)
  return `${lines.join('\n')}\n`
}

/** The link names its tenant: an administrator may have looked at another one last. */
function pageOf({ subject, kind, tenantId }: Alert): string {
  const of = tenantId === null ? '' : `?tenant=${tenantId}`
  if (subject !== null)
    return `/${subject.kind === 'source' ? 'sources' : 'subscriptions'}/${subject.id}${of}`
  return kind === 'dead_letters' ? `/dead-letters${of}` : `/${of}`
}

/** Of no width: with it between, `@channel` is text, and reads the same. */
const WORD_JOINER = '\u2060'

/**
 * Slack reads `<`, `>` and `&` as markup: a name could call the whole channel. Others that take the same, such as
 * Mattermost, are called by a plain `@channel`, and read Markdown: a picture or a link with words of its own.
 */
export function slackBody(text: string): Uint8Array {
  const safe = text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('@', `@${WORD_JOINER}`)
    .replaceAll('](', `]${WORD_JOINER}(`)
  return Buffer.from(JSON.stringify({ text: safe }))
}

/** Of an event `posthorn.alert.opened` and its like. */
export function eventOf(alert: Alert, change: AlertChange): { type: string; data: Record<string, unknown> } {
  const { subject } = alert
  const shared = {
    alert_id: alert.id,
    since: instant(alert.since),
    ...(alert.closedAt === null ? {} : { until: instant(alert.closedAt) }),
    cause: alert.cause,
  }
  if (alert.ruleId === null) {
    const type = change === 'closed' ? 'posthorn.subscription.recovered' : 'posthorn.subscription.failing'
    return { type, data: { subscription_id: subject?.id ?? null, ...shared } }
  }
  const type = change === 'closed' ? 'posthorn.alert.closed' : 'posthorn.alert.opened'
  const { ruleId, name, kind, value, above } = alert
  return { type, data: { rule_id: ruleId, rule: name, kind, subject, value, above, ...shared } }
}

/** Alert rules in words. */
import { spanText } from './time.ts'

export interface AlertWhen {
  readonly kind: string
  readonly above: number | null
  readonly window_s: number | null
  readonly min_attempts: number | null
}

interface KindWords {
  readonly name: string
  /** As the server's texts say it. */
  readonly short: string
  /** Of the number that is compared with; null: there is none. */
  readonly above: string | null
  readonly of: 'subscription' | 'source'
  readonly window: boolean
}

export const ALERT_KINDS: Readonly<Record<string, KindWords>> = {
  failure_rate: {
    name: 'Attempts fail',
    short: 'attempts fail',
    above: 'More than so many per cent',
    of: 'subscription',
    window: true,
  },
  dead_letters: {
    name: 'Dead letters',
    short: 'dead letters',
    above: 'More than so many',
    of: 'subscription',
    window: false,
  },
  oldest_due: {
    name: 'Deliveries are late',
    short: 'deliveries are late',
    above: 'More than so many seconds late',
    of: 'subscription',
    window: false,
  },
  subscription_disabled: {
    name: 'A subscription is disabled',
    short: 'a subscription was disabled',
    above: null,
    of: 'subscription',
    window: false,
  },
  source_silent: {
    name: 'A source is silent',
    short: 'a source is silent',
    above: 'For more than so many seconds',
    of: 'source',
    window: false,
  },
  refused_signatures: {
    name: 'Signatures are refused',
    short: 'signatures are refused',
    above: 'More than so many requests',
    of: 'source',
    window: true,
  },
  subscription_failing: {
    name: 'A subscription fails',
    short: 'a subscription fails',
    above: null,
    of: 'subscription',
    window: false,
  },
}

const seconds = (s: number | null) => spanText((s ?? 0) * 1000)

/** When an alert begins: `more than 20 % of at least 10 attempts within 5 min fail`. */
export function whenText({ kind, above, window_s, min_attempts }: AlertWhen): string {
  const more = above === null ? '…' : String(above)
  switch (kind) {
    case 'failure_rate':
      return `more than ${more} % of at least ${min_attempts ?? 10} attempts within ${seconds(window_s ?? 300)} fail`
    case 'dead_letters':
      return `there are more than ${more} dead letters`
    case 'oldest_due':
      return `the oldest delivery is due for more than ${above === null ? '…' : seconds(above)}`
    case 'source_silent':
      return `no event has come for more than ${above === null ? '…' : seconds(above)}`
    case 'refused_signatures':
      return `more than ${more} requests within ${seconds(window_s ?? 300)} are refused for their signature`
    default:
      return ALERT_KINDS[kind]?.short ?? kind
  }
}

/** The value of an alert, in its unit. */
export function valueText(kind: string, value: number | null): string | null {
  if (value === null) return null
  if (kind === 'failure_rate') return `${value} %`
  return kind === 'oldest_due' || kind === 'source_silent' ? seconds(value) : String(value)
}

/** What people read when it opens, and when it is over. */
export function titleTexts(name: string, kind: string): readonly [opened: string, closed: string] {
  const what = `${name || '…'} (${ALERT_KINDS[kind]?.short ?? kind})`
  return [`Alert: ${what}`, `Over: ${what}`]
}

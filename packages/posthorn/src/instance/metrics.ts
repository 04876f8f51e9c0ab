export type MetricKind = 'counter' | 'gauge' | 'histogram'

export interface MetricDescription {
  readonly kind: MetricKind
  /** Names of its attributes. */
  readonly by: readonly string[]
  readonly about: string
  /** Upper bounds of a histogram's buckets, in seconds. */
  readonly buckets?: readonly number[]
}

/** A call takes milliseconds to its deadline, which is 30 s at most unless a handler was given more. */
const DURATIONS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
/** What waits, waits for a slot or behind a backlog: up to hours. */
const WAITS = [...DURATIONS, 60, 300, 900, 3600]

/**
 * Every metric: names, kinds, attributes and meanings. The only place where one is named; `docs/reference/metrics.md`
 * comes from it, and the alert rules and the dashboard of `docs/operating/` are held against it.
 */
export const METRICS = {
  'webhook.published': {
    kind: 'counter',
    by: ['event_type'],
    about: 'Events accepted over the API or by the library, duplicates apart.',
  },
  'webhook.received': {
    kind: 'counter',
    by: ['source', 'event_type'],
    about: 'Events that verified requests brought, one for each item of a batch, duplicates among them.',
  },
  'webhook.signature_failed': {
    kind: 'counter',
    by: ['source', 'reason'],
    about: 'Inbound requests whose signature, time stamp or key was missing or did not fit.',
  },
  'webhook.refused': {
    kind: 'counter',
    by: ['source', 'reason'],
    about:
      'Inbound requests that were refused, for whatever reason; those of `webhook.signature_failed` among them.',
  },
  'webhook.diagnosed': {
    kind: 'counter',
    by: ['source', 'cause'],
    about: 'Known mistakes without which a refused signature would have fitted; looked for now and then.',
  },
  'webhook.handshakes': {
    kind: 'counter',
    by: ['source'],
    about: 'Questions of providers whether we are there, answered.',
  },
  'webhook.duplicate': {
    kind: 'counter',
    by: ['source', 'event_type'],
    about: 'Events that were there already. Published ones have no source.',
  },
  'webhook.skipped': {
    kind: 'counter',
    by: ['source', 'event_type'],
    about:
      'Inbound events that were stored for nobody: no subscription or handler for their type, or a test event.',
  },
  'webhook.enqueued': {
    kind: 'counter',
    by: ['event_type'],
    about: 'Deliveries that were made for new events, one for each subscription or handler; replays apart.',
  },
  'webhook.processed': {
    kind: 'counter',
    by: ['event_type', 'target'],
    about:
      'Deliveries that succeeded: the handler returned, or the subscription answered 2xx, and it is on record.',
  },
  'webhook.failed': {
    kind: 'counter',
    by: ['event_type', 'attempt'],
    about:
      'Attempts that failed, by the number of the attempt, from `1` to `10+`; the last one may be followed by none.',
  },
  'webhook.processing_seconds': {
    kind: 'histogram',
    by: ['event_type'],
    about:
      'How long attempts took, whatever came of them: the call of a handler, or the request to a subscription.',
    buckets: DURATIONS,
  },
  'webhook.queue_depth': {
    kind: 'gauge',
    by: [],
    about: 'Deliveries that are pending, also those that are being attempted.',
  },
  'webhook.dead': { kind: 'gauge', by: [], about: 'Deliveries that are dead.' },
  'delivery.attempted': {
    kind: 'counter',
    by: ['outcome', 'target'],
    about: 'Attempts that ended, by outcome: `success`, `retry` or `fatal`.',
  },
  'delivery.dead': {
    kind: 'counter',
    by: ['event_type', 'target'],
    about: 'Deliveries that were given up: the last attempt failed, or a retry was of no use.',
  },
  'delivery.latency_seconds': {
    kind: 'histogram',
    by: [],
    about: 'From due to delivered, waiting included, of attempts that succeeded.',
    buckets: WAITS,
  },
  'delivery.stale': {
    kind: 'counter',
    by: [],
    about:
      'Attempts whose result was not recorded, since their lease had run out and another process has the delivery.',
  },
  'delivery.oldest_due_seconds': {
    kind: 'gauge',
    by: [],
    about: 'How long the longest waiting delivery has been due.',
  },
  'delivery.in_flight': {
    kind: 'gauge',
    by: [],
    about: 'Attempts of this process that run or are about to.',
  },
  'delivery.slots': { kind: 'gauge', by: [], about: 'The most attempts that this process makes at once.' },
  'target.opened': {
    kind: 'counter',
    by: [],
    about: 'Breakers that opened: the target failed again and again, and is left alone for a while.',
  },
  'subscription.disabled': {
    kind: 'counter',
    by: [],
    about: 'Subscriptions that were disabled: they did nothing but fail.',
  },
  'replay.created': { kind: 'counter', by: [], about: 'Deliveries that replays made.' },
  'retention.pruned': {
    kind: 'counter',
    by: ['what'],
    about: 'Old `events`, `deliveries` and `attempts` that were removed.',
  },
  'lease.expired': {
    kind: 'counter',
    by: [],
    about: 'Leases that were taken back from processes that died or hang.',
  },
  'store.failed': { kind: 'counter', by: ['operation'], about: 'Operations of the store that failed.' },
  'service.failed': {
    kind: 'counter',
    by: ['service'],
    about: 'Runs of upkeep that failed; they are repeated.',
  },
  'queue.failed': {
    kind: 'counter',
    by: ['queue'],
    about: 'Failures of the server behind the queue; deliveries go on without it, and a little later.',
  },
  'intake.bytes': {
    kind: 'gauge',
    by: [],
    about:
      'Bytes of requests that are in this process, from their arrival to their answer; at most `--intake-mib`.',
  },
  'intake.refused': {
    kind: 'counter',
    by: [],
    about:
      'Requests that were answered 503 before they were read, since `--intake-mib` of others were there.',
  },
  'process.event_loop_seconds': {
    kind: 'counter',
    by: ['state'],
    about:
      'Time of the event loop, `active` and `idle`: the share of the first says how busy the process is.',
  },
  'process.resident_memory_bytes': { kind: 'gauge', by: [], about: 'Memory of the process.' },
} as const satisfies Record<string, MetricDescription>

export type MetricName = keyof typeof METRICS
export type CounterName = {
  [N in MetricName]: (typeof METRICS)[N]['kind'] extends 'counter' ? N : never
}[MetricName]
export type GaugeName = {
  [N in MetricName]: (typeof METRICS)[N]['kind'] extends 'gauge' ? N : never
}[MetricName]

/** As `/metrics` names it: dots become `_`, a counter ends in `_total`. */
export function prometheusName(name: MetricName): string {
  const plain = name.replaceAll('.', '_')
  return METRICS[name].kind === 'counter' ? `${plain}_total` : plain
}

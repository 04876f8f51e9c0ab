/**
 * Everything of one store on its way into another one, as flat rows of one shape whatever the database: this table is
 * the shape. Leases do not travel: what is copied is in use by nobody.
 */

type ValueKind = 'text' | 'text?' | 'whole' | 'whole?' | 'real' | 'bytes' | 'bytes?'

const RECORD = {
  tenantId: 'text', // '' for none
  id: 'text',
  name: 'text?',
  version: 'whole',
  /** As JSON; of a replay with the cursor 0. */
  doc: 'text',
} as const

/**
 * In the order in which they are copied. An event is named by its number, which grows with the order of events, and by
 * when it was received: with both every store can tell the key that it has there.
 */
export const COPIED = {
  tenants: RECORD,
  eventTypes: RECORD,
  sources: RECORD,
  subscriptions: RECORD,
  keys: RECORD,
  alertRules: RECORD,
  alerts: RECORD,
  bulks: RECORD,
  bulkItems: { bulkId: 'text', deliveryId: 'text', result: 'text' },
  /** `doc` as JSON. */
  minutes: { tenantId: 'text', minute: 'whole', runId: 'text', doc: 'text' },
  audit: {
    ...{
      id: 'text',
      tenantId: 'text',
      action: 'text',
      actorKind: 'text',
      actorKey: 'text?',
      objectId: 'text',
    },
    doc: 'text', // JSON
  },
  events: {
    ...{ number: 'whole', tenantId: 'text', sourceId: 'text', id: 'text', type: 'text', contentType: 'text' },
    ...{ contentHash: 'text', occurredAt: 'whole', receivedAt: 'whole', requestId: 'text?', trace: 'text?' },
    ...{ dedupeUntil: 'whole?', fanOut: 'whole', data: 'bytes' },
  },
  deliveries: {
    ...{ id: 'text', tenantId: 'text', eventNumber: 'whole', eventReceivedAt: 'whole', eventId: 'text' },
    ...{
      eventType: 'text',
      targetId: 'text',
      format: 'text',
      state: 'text',
      dueAt: 'whole',
      attempts: 'whole',
    },
    ...{ scheduleStart: 'whole', createdAt: 'whole', finishedAt: 'whole?', lastStatusCode: 'whole?' },
    ...{ lastError: 'text?', replayId: 'text?' },
  },
  attempts: {
    ...{
      deliveryId: 'text',
      id: 'text',
      tenantId: 'text',
      number: 'whole',
      targetId: 'text',
      startedAt: 'whole',
    },
    ...{
      durationMs: 'real',
      outcome: 'text',
      statusCode: 'whole?',
      errorCode: 'text?',
      errorDetail: 'text?',
    },
    ...{ responseTruncated: 'whole', responseBody: 'bytes', exchange: 'text?' }, // 0 or 1
  },
  /** First and last of the events that a request brought and that are still there, or the one that it repeats. */
  requests: {
    ...{ id: 'text', tenantId: 'text', sourceId: 'text', receivedAt: 'whole', method: 'text', url: 'text' },
    ...{ address: 'text?', verdict: 'text', reason: 'text?', status: 'whole', secretIndex: 'whole?' },
    ...{ firstNumber: 'whole?', firstReceivedAt: 'whole?', lastNumber: 'whole?', lastReceivedAt: 'whole?' },
    ...{ eventIds: 'text', headers: 'text', body: 'bytes?' }, // JSON
  },
  /** Ids whose events are gone. */
  rememberedIds: { tenantId: 'text', sourceId: 'text', id: 'text', contentHash: 'text', until: 'whole' },
  secretUses: { sourceId: 'text', secret: 'text', tenantId: 'text', usedAt: 'whole' },
  usedTokens: { tenantId: 'text', sourceId: 'text', token: 'text', until: 'whole' },
  postponedLanes: { targetId: 'text', tenantId: 'text?', heldUntil: 'whole' },
  /** With the event that a running one looks at next; null: it has seen all. */
  replays: { ...RECORD, nextNumber: 'whole?', nextReceivedAt: 'whole?' },
} as const satisfies Record<string, Readonly<Record<string, ValueKind>>>

export type CopiedKind = keyof typeof COPIED

/** Tables of either store, or columns of them (`table.column`), whose rows stay behind on purpose. */
export const NOT_COPIED: Readonly<Record<string, string>> = {
  sessions: 'they live for hours: people sign in again, and a link to the portal is asked for again',
  processes: 'they work on the old store',
  config_changes: 'nobody has the new store in memory yet',
}

type ValueOf<K> = K extends 'text'
  ? string
  : K extends 'text?'
    ? string | null
    : K extends 'whole' | 'real'
      ? number
      : K extends 'whole?'
        ? number | null
        : K extends 'bytes'
          ? Uint8Array
          : Uint8Array | null

export type CopiedRow<K extends CopiedKind> = {
  readonly [F in keyof (typeof COPIED)[K]]: ValueOf<(typeof COPIED)[K][F]>
}
/** Of any kind. */
export type AnyRow = Readonly<Record<string, string | number | Uint8Array | null>>

/** Told of rows batch by batch; the next one is read when the promise resolves. */
export type TakeRows = (rows: readonly AnyRow[]) => Promise<void> | void

/** A store that is copied. Nobody else uses it, and nothing of it is changed, until `close`. */
export interface CopySource {
  /** When it was marked as moved; null: it was not. */
  readonly movedAt: number | null
  /** What else is in the database, and stays there: tables of the application's. */
  readonly leftBehind: readonly string[]
  count(kind: CopiedKind): number
  read(kind: CopiedKind, take: TakeRows): Promise<void>
  /** From now on it is not opened as a store. @param at null: it is again */
  markMoved(at: number | null): void
  close(): void
}

/** What stands where everything is to go. */
export type CopyPlace =
  | { readonly state: 'empty' }
  /** A copy was begun and did not end. */
  | { readonly state: 'copying' }
  | { readonly state: 'copied'; readonly digest: string; readonly at: number }
  /** Something else is there. */
  | { readonly state: 'used' }

/** A store that is being filled; not to be opened as one before `commit`. */
export interface CopyTarget {
  look(): Promise<CopyPlace>
  /** Marks the place and makes it empty: what an earlier copy has left is removed. */
  begin(): Promise<void>
  write(kind: CopiedKind, rows: readonly AnyRow[]): Promise<void>
  /** After the last row: what follows from the rows. */
  settle(): Promise<void>
  /** What is there now, with the SHA-256 of bytes (hex) in their place, in no order. */
  read(kind: CopiedKind, take: TakeRows): Promise<void>
  /** It is a store now. @param about the digest of what was copied, the fingerprint of its secret key, the time */
  commit(about: { readonly digest: string; readonly secretKey: string; readonly at: number }): Promise<void>
  close(): Promise<void>
}

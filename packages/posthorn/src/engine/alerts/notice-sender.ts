import { type Alert, type Notice, nextTryAt } from '../../domain/alert.ts'
import { isPosthornError } from '../../domain/error.ts'
import type { TenantId } from '../../domain/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Mailer } from '../../ports/mailer.ts'
import type { SecretBox } from '../../ports/secrets.ts'
import type { Store, Versioned } from '../../ports/store.ts'
import type { HttpTransport } from '../../ports/transport.ts'
import { eventOf, slackBody, textOf, titleOf } from './texts.ts'

export interface NoticeSenderParts {
  readonly store: Pick<Store, 'alerts'>
  readonly clock: Clock
  readonly logger: Logger
  readonly secretBox: SecretBox
  readonly transport: Pick<HttpTransport, 'send'>
  /** null: no SMTP server is configured. */
  readonly mailer: Mailer | null
  readonly publicUrl: string | null
  readonly userAgent: string
  readonly leads: () => boolean
  /** @param id the same at each try: it is there once */
  readonly announce: (
    tenantId: TenantId,
    type: string,
    data: Record<string, unknown>,
    id: string,
  ) => Promise<void>
  /** There is room for what had to wait. */
  readonly more: () => void
}

/** Longer than any try takes: who has claimed a notice and died is followed by another one then. */
const CLAIM_MS = 120_000
const SLACK_MS = 10_000
/** A stop waits so long for what is under way. */
const STOP_MS = 5_000
const WRITE_TRIES = 20
/**
 * Under way at once. An outage breaks thousands of subscriptions at the same moment: a mail server would refuse as many
 * connections, and this process would hold a socket for each.
 */
const AT_ONCE: Readonly<Record<Notice['channel'], number>> = { email: 10, slack: 50, event: 100 }
/** What a tenant is told: hosts and answers of the operator's mail server and store stand in the log alone. */
const TROUBLE: Readonly<Record<Notice['channel'], string>> = {
  email: 'The mail server did not take it.',
  slack: 'It could not be sent.',
  event: 'It could not be stored.',
}

/**
 * Tells what waits to be told. Each notice on its own: a channel that hangs holds up no other, and is tried again later,
 * for a day. One tenant has half of a channel at most. A notice is claimed in the store before it goes out, so that of two processes one tells it; one that dies
 * between telling it and writing that down has told it, and it is told again.
 */
export class NoticeSender {
  readonly #parts: NoticeSenderParts
  readonly #busy = new Set<Promise<void>>()
  /** By channel, and by channel and tenant. */
  readonly #running = new Map<string, number>()
  /** Something is due that had no room. */
  #left = false
  readonly #stopped = new AbortController()

  constructor(parts: NoticeSenderParts) {
    this.#parts = parts
  }

  async round(): Promise<void> {
    const { leads, store, clock } = this.#parts
    if (!leads()) return
    const now = clock.now()
    this.#left = false
    for (const found of await store.alerts.live()) {
      const { record } = found
      const due = record.notices.filter(
        (one) => one.notice === 'waiting' && one.dueAt <= now && this.#take(record, one),
      )
      if (due.length > 0) await this.#claim(found, due)
    }
  }

  /** @returns whether there is room */
  #take({ tenantId }: Alert, { channel }: Notice): boolean {
    const places = [channel, `${channel} ${tenantId}`] as const
    const [all, own] = places.map((place) => this.#running.get(place) ?? 0) as [number, number]
    if (all >= AT_ONCE[channel] || own >= AT_ONCE[channel] / 2) {
      this.#left = true
      return false
    }
    this.#running.set(places[0], all + 1).set(places[1], own + 1)
    return true
  }

  #giveBack({ tenantId }: Alert, { channel }: Notice): void {
    for (const place of [channel, `${channel} ${tenantId}`]) {
      const left = (this.#running.get(place) ?? 1) - 1
      if (left === 0) this.#running.delete(place)
      else this.#running.set(place, left)
    }
    if (this.#left) this.#parts.more()
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    if (this.#busy.size === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = this.#parts.clock.after(STOP_MS, resolve)
    await Promise.race([Promise.all(this.#busy), promise])
    timer.cancel()
  }

  async #claim({ record, version }: Versioned<Alert>, due: readonly Notice[]): Promise<void> {
    const { store, clock } = this.#parts
    const dueAt = clock.now() + CLAIM_MS
    const claimed = record.notices.map((one) =>
      due.includes(one) ? { ...one, dueAt, tries: one.tries + 1, error: null } : one,
    )
    let taken = false
    try {
      taken = await store.alerts.update({ ...record, notices: claimed }, version)
    } finally {
      if (!taken) for (const one of due) this.#giveBack(record, one)
    }
    if (!taken) return
    for (const one of claimed.filter((_, index) => due.includes(record.notices[index] as Notice))) {
      const work = this.#tell(record, one).finally(() => {
        this.#busy.delete(work)
        this.#giveBack(record, one)
      })
      this.#busy.add(work)
    }
  }

  async #tell(alert: Alert, notice: Notice): Promise<void> {
    const { logger, clock } = this.#parts
    let error: string | null
    let shown: string | null
    try {
      shown = error = await this.#send(alert, notice)
    } catch (thrown) {
      error = thrown instanceof Error ? thrown.message : String(thrown)
      shown = alert.tenantId === null ? error : TROUBLE[notice.channel]
    }
    const next = error === null ? null : nextTryAt(notice.tries, notice.madeAt, clock.now())
    if (error !== null)
      logger.warn('an alert could not be told', {
        ...{ alert_id: alert.id, tenant_id: alert.tenantId, channel: notice.channel, error },
        ...{ tries: notice.tries, next_try_at: next === null ? null : new Date(next).toISOString() },
      })
    const over: Notice =
      next !== null
        ? { ...notice, dueAt: next, error: shown }
        : { ...notice, notice: error === null ? 'sent' : 'failed', to: '', error: shown }
    await this.#write(alert, over).catch((thrown: unknown) =>
      logger.error('it could not be written down that an alert was told', {
        alert_id: alert.id,
        error: String(thrown),
      }),
    )
  }

  async #write({ tenantId, id }: Alert, over: Notice): Promise<void> {
    const { alerts } = this.#parts.store
    for (let left = WRITE_TRIES; left > 0; left -= 1) {
      const found = await alerts.get(tenantId, id)
      if (found === null) return
      const notices = found.record.notices.map((one) => (one.id === over.id ? over : one))
      if (await alerts.update({ ...found.record, notices }, found.version)) return
    }
  }

  /** @returns why it did not work */
  async #send(alert: Alert, { channel, change, to, id }: Notice): Promise<string | null> {
    const { mailer, publicUrl, announce } = this.#parts
    const text = textOf(alert, change, publicUrl)
    if (channel === 'slack') return await this.#slack(alert, to, text)
    if (channel === 'email') {
      if (mailer === null) return 'There is no SMTP server: give --smtp-url and --mail-from.'
      await mailer.send({ to, subject: `[Posthorn] ${titleOf(alert, change)}`, text })
      return null
    }
    const { type, data } = eventOf(alert, change)
    try {
      await announce(to as TenantId, type, data, id)
    } catch (error) {
      // It is there, by a try whose end was not written down.
      if (!isPosthornError(error) || error.code !== 'event_conflict') throw error
    }
    return null
  }

  async #slack(alert: Alert, sealed: string, text: string): Promise<string | null> {
    const { transport, secretBox, userAgent } = this.#parts
    const result = await transport.send({
      url: secretBox.open(sealed),
      isolation: alert.tenantId ?? 'operator',
      headers: [
        ['content-type', 'application/json'],
        ['user-agent', userAgent],
      ],
      body: slackBody(text),
      timeoutMs: SLACK_MS,
      signal: this.#stopped.signal,
    })
    if (result.kind === 'error') return `${result.code}: ${result.detail}`
    return result.statusCode >= 200 && result.statusCode < 300 ? null : `status: ${result.statusCode}`
  }
}

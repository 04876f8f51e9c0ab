import type { StatementSync } from 'node:sqlite'
import type { EventRecord } from '../../domain/event.ts'
import type { Statements } from './database.ts'

/** `until` of a token whose event has none. */
const FOREVER = Number.MAX_SAFE_INTEGER

/** Ids of inbound events that outlive their events, and tokens that hold for one request. */
export class RememberedIds {
  readonly #statements: Statements
  readonly #find: StatementSync

  constructor(statements: Statements) {
    this.#statements = statements
    this.#find = statements.get(
      "select content_hash from remembered_ids where tenant_id = ? and source_id = ? and kind = 'event' and id = ? and until > ?",
    )
  }

  /** The content hash of an event that was removed; null: its id is not remembered, or not any more. */
  find({ tenantId, sourceId, id, receivedAt }: EventRecord): string | null {
    const row = this.#find.get(tenantId, sourceId ?? '', id, receivedAt)
    return row === undefined ? null : String(row.content_hash)
  }

  forget({ tenantId, sourceId, id }: EventRecord): void {
    this.#statements
      .get("delete from remembered_ids where tenant_id = ? and source_id = ? and kind = 'event' and id = ?")
      .run(tenantId, sourceId ?? '', id)
  }

  /** @returns false when the token was taken before and still holds */
  take({ tenantId, sourceId, receivedAt, dedupeUntil }: EventRecord, token: string): boolean {
    const { changes } = this.#statements
      .get(`
        insert into remembered_ids (tenant_id, source_id, kind, id, content_hash, until)
        values (?1, ?2, 'token', ?3, '', ?4) on conflict do update set until = excluded.until where until <= ?5`)
      .run(tenantId, sourceId ?? '', token, dedupeUntil ?? FOREVER, receivedAt)
    return changes > 0
  }

  /** To be called before the event is removed. */
  keep(eventKey: number, now: number): void {
    this.#statements
      .get(`
        insert into remembered_ids (tenant_id, source_id, kind, id, content_hash, until)
        select tenant_id, source_id, 'event', id, content_hash, dedupe_until from events
        where key = ? and dedupe_until > ?
        on conflict do update set content_hash = excluded.content_hash, until = excluded.until`)
      .run(eventKey, now)
  }

  /** Removes at most `limit` whose time has come. @returns how many */
  expire(now: number, limit: number): number {
    const { changes } = this.#statements
      .get(`
        delete from remembered_ids where (tenant_id, source_id, kind, id) in (
          select tenant_id, source_id, kind, id from remembered_ids indexed by remembered_ids_until
          where until <= ? order by until limit ?)`)
      .run(now, limit)
    return Number(changes)
  }
}

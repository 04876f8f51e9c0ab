import type { Session } from '../../domain/session.ts'
import type { SessionStore } from '../../ports/store.ts'
import { SESSIONS } from './record-kinds.ts'
import { RecordTable } from './records.ts'
import type { Sessions } from './session.ts'

export class SessionTable extends RecordTable<Session> implements SessionStore {
  readonly #table: string

  constructor(sessions: Sessions, schema: string) {
    super(sessions, schema, SESSIONS)
    this.#table = `${schema}.${SESSIONS.table}`
  }

  /**
   * Looks at all of them: sessions are few, and live for hours. As text, since `->>` refuses a document in which any
   * text has U+0000; within a text the quotes of the field would be escaped.
   */
  async prune(now: number, limit: number): Promise<number> {
    const rows = await this.sessions.rows(
      `delete from ${this.#table} where seq = any(array(
        select seq from ${this.#table} where substring(doc from '"expiresAt":(\\d+)')::bigint <= $1 limit $2)) returning 1`,
      now,
      limit,
    )
    return rows.length
  }
}

import type { Session } from '../../domain/session.ts'
import type { SessionStore } from '../../ports/store.ts'
import type { Sync } from './calls.ts'
import type { Statements } from './database.ts'
import { SESSIONS } from './record-kinds.ts'
import { RecordTable } from './records.ts'

export class SessionTable extends RecordTable<Session> implements Sync<SessionStore> {
  readonly #statements: Statements

  constructor(statements: Statements) {
    super(statements, SESSIONS)
    this.#statements = statements
  }

  prune(now: number, limit: number): number {
    const { changes } = this.#statements
      .get(
        "delete from sessions where seq in (select seq from sessions where doc ->> 'expiresAt' <= ? order by doc ->> 'expiresAt' limit ?)",
      )
      .run(now, limit)
    return Number(changes)
  }
}

/** The mark of a data folder whose store was copied elsewhere: to start it by mistake would deliver everything twice. */
import type { DatabaseSync } from 'node:sqlite'
import { PosthornError } from '../../domain/error.ts'

/** @returns epoch ms; null: it was not moved */
export function movedAt(db: DatabaseSync): number | null {
  const row = db.prepare("select value from facts where name = 'moved'").get()
  return row === undefined ? null : Number(row.value)
}

export function markMoved(db: DatabaseSync, at: number | null): void {
  if (at === null) db.exec("delete from facts where name = 'moved'")
  else
    db.prepare(
      "insert into facts (name, value) values ('moved', ?) on conflict do update set value = excluded.value",
    ).run(at)
}

/** @throws PosthornError `store_moved` */
export function refuseMoved(db: DatabaseSync, dataDir: string): void {
  const at = movedAt(db)
  if (at !== null)
    throw new PosthornError(
      'store_moved',
      `What is in ${dataDir} was moved to a PostgreSQL database at ${new Date(at).toISOString()}: give --database-url (POSTHORN_DATABASE_URL). To use this folder again, which delivers once more what was pending then, run "posthorn migrate --from ${dataDir} --unmark".`,
    )
}

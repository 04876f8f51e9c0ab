/**
 * The store of a server, held at a point from outside, so that a page is looked at in the middle of what would be over
 * in some milliseconds.
 */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const BUSY_MS = 5_000

function open(dataDir: string): DatabaseSync {
  return new DatabaseSync(join(dataDir, 'posthorn.db'), { timeout: BUSY_MS })
}

/** Work in steps gets no further than `most`: a step beyond it fails, as on a disk that is full. @returns lets it go on */
export function holdAt(dataDir: string, table: 'bulks' | 'replays', field: string, most: number): () => void {
  const database = open(dataDir)
  database.exec(
    `create trigger held_${table} before update on ${table} when new.doc ->> '${field}' > ${most}
     begin select raise(abort, 'held by a test'); end`,
  )
  return () => {
    database.exec(`drop trigger held_${table}`)
    database.close()
  }
}

/** As if nobody had done anything in any session for so long. */
export function leaveAlone(dataDir: string, ms: number): void {
  const database = open(dataDir)
  database.exec(`update sessions set doc = json_set(doc, '$.seenAt', (doc ->> 'seenAt') - ${ms})`)
  database.close()
}

import type { DatabaseSync } from 'node:sqlite'
import type { Call, Ports, Reply } from './calls.ts'
import { openReadOnly } from './database.ts'
import { answer, makePorts } from './ports.ts'

/**
 * A second connection that only reads. A list that has to walk through a long history (a type that hardly ever occurs)
 * takes seconds for millions of events; beside the store it holds up nobody but other lists, because readers and the
 * writer of a WAL never wait for each other.
 */
export class SqliteReader {
  readonly #db: DatabaseSync
  readonly #ports: Ports

  /** @param dataDir of a store that is open */
  constructor(dataDir: string) {
    this.#db = openReadOnly(dataDir)
    this.#ports = makePorts(this.#db)
  }

  read(call: Call): Reply {
    return answer(this.#ports, call)
  }

  close(): void {
    this.#db.close()
  }
}

import type { Store } from '../../ports/store.ts'
import { SqliteCore } from './core.ts'
import { GatheredStore } from './gathered.ts'
import type { OpenReport } from './recover.ts'
import { ThreadClient } from './thread-client.ts'

export interface SqliteOptions {
  /** Made (0700) if it is not there. `:memory:`: no file, no lock and no durability, for tests. */
  readonly dataDir: string
  /** `Clock.nextTurn`: calls made within one turn of the event loop share a commit. */
  readonly nextTurn: (run: () => void) => void
  /** Whether the store lives in a thread of its own, so that fsync does not hold up the event loop. Default true. */
  readonly thread?: boolean
  /** Whether an older schema is brought up to date, or refused. Default true. */
  readonly migrate?: boolean
}

export interface SqliteStore extends Store {
  /** What was found and done at the start. */
  readonly report: OpenReport
}

/**
 * Opens the embedded store: `posthorn.db` in the data folder, which this process then holds alone until `close`.
 *
 * @throws PosthornError `data_dir_locked` when another process holds the folder; `store_damaged` when the file is not
 * ours or broken; `schema_newer`, `schema_outdated`; `config_invalid` when the folder cannot be made;
 * `store_unavailable` when it cannot be read or written
 */
export async function openSqliteStore(options: SqliteOptions): Promise<SqliteStore> {
  const { dataDir, nextTurn, thread = true, migrate = true } = options
  if (thread) {
    const { store, report } = await ThreadClient.open({ dataDir, migrate }, nextTurn)
    return { ...store, report }
  }
  const core = SqliteCore.open({ dataDir, migrate })
  return { ...new GatheredStore(core, nextTurn).store(), report: core.report }
}

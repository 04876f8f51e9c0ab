import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteStore, type SqliteStore } from '../../../src/storage/sqlite/open.ts'
import { systemClock } from '../../../src/system/clock.ts'

const made: string[] = []
process.on('exit', () => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true })
})

/** A new folder, gone when the process ends. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-store-'))
  made.push(folder)
  return folder
}

export function openAt(
  dataDir: string,
  options: { thread?: boolean; migrate?: boolean } = {},
): Promise<SqliteStore> {
  return openSqliteStore({
    dataDir,
    thread: false,
    nextTurn: (run) => systemClock.nextTurn(run),
    ...options,
  })
}

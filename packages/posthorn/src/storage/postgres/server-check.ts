/** What a PostgreSQL server must be, and what it had better be, asked once at the start. */
import { PosthornError } from '../../domain/error.ts'
import type { Query } from './session.ts'

const OLDEST = 140_000

interface Settings {
  readonly number: number
  readonly version: string
  readonly encoding: string
  readonly replica: boolean
  readonly read_only: string
  readonly fsync: string
  readonly full_page_writes: string
  readonly synchronous_commit: string
}

/**
 * @returns what puts data at risk, for people to read
 * @throws PosthornError `config_invalid` for a server on which nothing can be stored
 */
export async function checkServer(query: Query): Promise<string[]> {
  const [row] = await query.rows<Settings>(
    `select current_setting('server_version_num')::integer as number, current_setting('server_version') as version,
      current_setting('server_encoding') as encoding, pg_is_in_recovery() as replica,
      current_setting('transaction_read_only') as read_only, current_setting('fsync') as fsync,
      current_setting('full_page_writes') as full_page_writes,
      current_setting('synchronous_commit') as synchronous_commit`,
  )
  const settings = row as Settings
  const flaw = flawOf(settings)
  if (flaw !== null) throw new PosthornError('config_invalid', flaw)
  return RISKS.filter(([name, bad]) => settings[name] === bad).map(
    ([name, bad, text]) => `The PostgreSQL server has ${name} = ${bad}: ${text}`,
  )
}

function flawOf({ number, version, encoding, replica, read_only }: Settings): string | null {
  if (number < OLDEST) return `The server is PostgreSQL ${version}; Posthorn needs 14 or newer.`
  if (encoding !== 'UTF8')
    return `The database has the encoding ${encoding}; Posthorn needs UTF8. Make one with: create database … template template0 encoding 'UTF8'.`
  if (replica) return 'The PostgreSQL server is a replica and takes no writes. Give the URL of the primary.'
  if (read_only === 'on')
    return 'The database takes no writes: default_transaction_read_only is on for the server, the database or the user.'
  return null
}

type Risk = 'fsync' | 'full_page_writes' | 'synchronous_commit'

const RISKS: ReadonlyArray<readonly [name: Risk, bad: string, text: string]> = [
  [
    'fsync',
    'off',
    'a power cut or a crash of the machine can lose what was accepted, and destroy the whole database. Turn it on.',
  ],
  [
    'full_page_writes',
    'off',
    'a power cut can leave pages half written, and the database damaged. Turn it on, unless the file system rules that out.',
  ],
  [
    'synchronous_commit',
    'off',
    'what was accepted in the last second can be lost with a crash, and what was delivered be delivered again. Turn it on, at least for this database user.',
  ],
]

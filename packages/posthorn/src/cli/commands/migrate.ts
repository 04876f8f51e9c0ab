import { Command } from 'commander'
import { openSqliteStore } from '../../storage/sqlite/open.ts'
import { addServerOptions, type GivenFlags, readServerConfig } from '../config/read.ts'
import type { Context } from '../context.ts'

export function migrateCommand(context: Context): Command {
  const command = new Command('migrate').description(
    "Brings the database's schema up to date. `posthorn serve` does it too, unless --no-migrate.",
  )
  return addServerOptions(command, ['dataDir', 'databaseUrl'])
    .option('--json', 'the result as JSON')
    .action((flags: GivenFlags & { json?: boolean }) => migrate(flags, context))
}

async function migrate(flags: GivenFlags & { readonly json?: boolean }, context: Context): Promise<void> {
  const { output, clock, env } = context
  const { dataDir } = readServerConfig(flags, env)
  const store = await openSqliteStore({ dataDir, nextTurn: (run) => clock.nextTurn(run) })
  await store.close()
  const { from, to } = store.report.migrated
  if (flags.json) return await output.json({ data_dir: dataDir, from, to })
  await output.line(
    from === to
      ? `The database in ${dataDir} has schema ${to}, which is up to date.`
      : `The database in ${dataDir} was brought from schema ${from} to ${to}.`,
  )
}

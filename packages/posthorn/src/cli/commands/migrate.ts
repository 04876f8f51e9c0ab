import { Command } from 'commander'
import { withoutLogin } from '../../domain/database-url.ts'
import { openStore } from '../../instance/open-store.ts'
import type { ServerConfig } from '../config/options.ts'
import { addServerOptions, type GivenFlags, readServerConfig } from '../config/read.ts'
import type { Context } from '../context.ts'

export function migrateCommand(context: Context): Command {
  const command = new Command('migrate').description(
    "Brings the database's schema up to date. `posthorn serve` does it too, unless --no-migrate.",
  )
  return addServerOptions(command, ['dataDir', 'databaseUrl', 'databaseSchema'])
    .option('--json', 'the result as JSON')
    .action((flags: GivenFlags & { json?: boolean }) => migrate(flags, context))
}

async function migrate(flags: GivenFlags & { readonly json?: boolean }, context: Context): Promise<void> {
  const { output, clock, env } = context
  const config = readServerConfig(flags, env)
  const { databaseUrl, databaseSchema, dataDir } = config
  const place = databaseUrl === null ? { dataDir } : { databaseUrl, databaseSchema }
  const { store, migrated } = await openStore(place, dataDir, clock)
  await store.close()
  const { from, to } = migrated ?? { from: 0, to: 0 }
  if (flags.json) return await output.json({ ...named(config), from, to })
  const where = databaseUrl === null ? `in ${dataDir}` : `at ${withoutLogin(databaseUrl)}`
  await output.line(
    from === to
      ? `The database ${where} has schema ${to}, which is up to date.`
      : `The database ${where} was brought from schema ${from} to ${to}.`,
  )
}

function named({ databaseUrl, databaseSchema, dataDir }: ServerConfig): Record<string, string> {
  if (databaseUrl === null) return { data_dir: dataDir }
  return { database: withoutLogin(databaseUrl), schema: databaseSchema }
}

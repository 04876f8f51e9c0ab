import { Command } from 'commander'
import { withoutLogin } from '../../domain/database-url.ts'
import { openStore } from '../../instance/open-store.ts'
import type { ServerConfig } from '../config/options.ts'
import { addServerOptions, type GivenFlags, readServerConfig } from '../config/read.ts'
import type { Context } from '../context.ts'
import { usageError } from '../exit.ts'
import { given } from '../flags.ts'
import { type MoveFlags, moveCommand } from '../move/command.ts'

type MigrateFlags = GivenFlags & Partial<MoveFlags>

export function migrateCommand(context: Context): Command {
  const command = new Command('migrate')
    .description(
      "Brings the database's schema up to date (`posthorn serve` does it too, unless --no-migrate); or, with --from, moves everything of a data folder into a PostgreSQL database.",
    )
    .addHelpText(
      'after',
      `
  posthorn migrate --from .posthorn --to postgres://posthorn@db/posthorn

The server on the folder must have stopped. The target must be empty; it is compared with the source at the end, and
the folder is marked as moved. It can be ended at any time, and begins anew when it is run again.
`,
    )
  return addServerOptions(command, ['dataDir', 'databaseUrl', 'databaseSchema', 'secretKey'])
    .option('--from <FOLDER>', 'the data folder to move everything from')
    .option('--to <URL>', 'the PostgreSQL database to move it to; default: --database-url')
    .option(
      '--unmark',
      'with --from: take away the mark that the folder was moved, so that it can be served again',
    )
    .option('--json', 'the result as JSON')
    .action((flags: MigrateFlags) => migrate(flags, context))
}

async function migrate({ from, to, unmark, ...flags }: MigrateFlags, context: Context): Promise<void> {
  const config = readServerConfig(flags, context.env)
  const { json } = flags
  if (from !== undefined) return await moveCommand({ from, ...given({ to, unmark, json }) }, config, context)
  if (to !== undefined || unmark) throw usageError('--to and --unmark go with --from FOLDER.')
  await bringUpToDate(config, json ?? false, context)
}

async function bringUpToDate(config: ServerConfig, json: boolean, { output, clock }: Context): Promise<void> {
  const { databaseUrl, databaseSchema, dataDir } = config
  const place = databaseUrl === null ? { dataDir } : { databaseUrl, databaseSchema }
  const { store, migrated } = await openStore(place, dataDir, clock)
  await store.close()
  const { from, to } = migrated ?? { from: 0, to: 0 }
  if (json) return await output.json({ ...named(config), from, to })
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

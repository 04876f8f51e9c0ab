import { join, resolve } from 'node:path'
import { isPostgresUrl, withoutLogin } from '../../domain/database-url.ts'
import { PosthornError } from '../../domain/error.ts'
import type { CopiedKind, CopySource } from '../../ports/copy.ts'
import { SqliteCopySource } from '../../storage/sqlite/copy-source.ts'
import { existingKey, KEY_FILE_NAME } from '../../system/key-file.ts'
import { createSecretBox } from '../../system/secret-box.ts'
import type { ServerConfig } from '../config/options.ts'
import type { Context } from '../context.ts'
import { CliError, usageError } from '../exit.ts'
import { count, Progress } from '../progress.ts'
import { spanText } from '../text/time.ts'
import { type Moved, type MoveParts, move } from './move.ts'

export interface MoveFlags {
  readonly from: string
  readonly to?: string
  readonly unmark?: boolean
  readonly json?: boolean
}

const LABELS = { copy: 'copying', check: 'checking' } as const

/** `posthorn migrate --from FOLDER --to URL` */
export async function moveCommand(flags: MoveFlags, config: ServerConfig, context: Context): Promise<void> {
  const { output } = context
  const dataDir = flags.from
  const url = flags.unmark ? '' : databaseOf(flags, config)
  const source = SqliteCopySource.open(dataDir)
  try {
    if (flags.unmark) return await unmark(source, flags, context)
    if (source.movedAt !== null)
      throw new CliError(
        'failed',
        `What is in ${dataDir} was moved already, at ${new Date(source.movedAt).toISOString()}. To move it once more, take the mark away first: --unmark.`,
        { problem: { code: 'store_moved' } },
      )
    const key = await secretKeyOf(dataDir, config)
    const secretKey = await fingerprint(source, key)
    if (source.leftBehind.length > 0)
      output.note(
        `Not copied, since they are not Posthorn's: the tables ${source.leftBehind.join(', ')} in ${join(dataDir, 'posthorn.db')}.`,
      )
    const began = context.clock.elapsed()
    const moved = await run(source, { url, schema: config.databaseSchema, secretKey }, context)
    const tookMs = context.clock.elapsed() - began
    if (flags.json) return await output.json(asJson(moved, url, config, { source, tookMs, dataDir }))
    await output.lines(summary(moved, { url, config, dataDir, tookMs }))
  } finally {
    source.close()
  }
}

function databaseOf({ to }: MoveFlags, { databaseUrl }: ServerConfig): string {
  const url = to ?? databaseUrl
  if (url === null)
    throw usageError(
      'Say where it is to go: --to postgres://… (or POSTHORN_DATABASE_URL, which is not seen by others).',
    )
  if (!isPostgresUrl(url))
    throw usageError(
      '--to must be postgres://USER:PASSWORD@HOST:PORT/DATABASE, with special characters of the password percent-encoded.',
    )
  return url
}

async function unmark(source: CopySource, { from, json }: MoveFlags, { output }: Context): Promise<void> {
  const at = source.movedAt
  source.markMoved(null)
  if (json) return await output.json({ data_dir: from, was_moved: at !== null })
  await output.line(
    at === null
      ? `${from} had no mark.`
      : `${from} can be served again. What was pending at ${new Date(at).toISOString()} is delivered from there too.`,
  )
}

async function run(
  source: CopySource,
  to: { readonly url: string; readonly schema: string; readonly secretKey: string },
  { output, clock, signals }: Context,
): Promise<Moved> {
  // Only now: other commands must not pay for loading pg.
  const { PostgresCopyTarget } = await import('../../storage/postgres/copy/target.ts')
  const target = await PostgresCopyTarget.open(to.url, to.schema)
  const stop = signals.listen()
  const shown = new Map<keyof typeof LABELS, Progress>()
  const onProgress: MoveParts['onProgress'] = (step, done, of) => {
    const progress = shown.get(step) ?? new Progress(output, clock, LABELS[step])
    shown.set(step, progress)
    progress.update({ done, unit: 'rows', share: of === 0 ? null : Math.min(1, done / of) })
  }
  try {
    return await move({
      ...{ source, target, onProgress, stop },
      secretKey: to.secretKey,
      now: () => clock.now(),
    })
  } catch (error) {
    if (!stop.aborted) throw error
    throw new CliError(
      'interrupted',
      'Stopped before the end. Nothing was changed in the data folder; run it again, it begins anew.',
    )
  } finally {
    for (const progress of shown.values()) progress.clear()
    await target.close()
  }
}

async function secretKeyOf(dataDir: string, { secretKey }: ServerConfig): Promise<string> {
  const key = secretKey ?? (await existingKey(dataDir))
  if (key === null)
    throw new PosthornError(
      'config_invalid',
      `There is no ${KEY_FILE_NAME} in ${dataDir}: give the secret key that the server used, as POSTHORN_SECRET_KEY or --secret-key. The secrets in the store can be opened with no other one.`,
    )
  return key
}

/**
 * @returns the fingerprint of the key, once all secrets could be opened with it
 * @throws PosthornError `secret_unreadable`
 */
async function fingerprint(source: CopySource, key: string): Promise<string> {
  const box = createSecretBox([key])
  for (const kind of ['subscriptions', 'sources', 'alertRules'] as const)
    await source.read(kind, (rows) => {
      for (const { doc } of rows)
        for (const { sealed } of sealedIn(JSON.parse(String(doc)) as Sealing)) box.open(sealed)
    })
  return box.keyId
}

interface Sealing {
  readonly secrets?: ReadonlyArray<{ readonly sealed: string }>
  /** Of an alert rule. */
  readonly slack?: ReadonlyArray<{ readonly sealed: string }>
}

function sealedIn({ secrets = [], slack = [] }: Sealing): ReadonlyArray<{ readonly sealed: string }> {
  return [...secrets, ...slack]
}

/** In the words of the API. */
const NAMES: Readonly<Record<CopiedKind, string>> = {
  tenants: 'tenants',
  eventTypes: 'event types',
  sources: 'sources',
  subscriptions: 'subscriptions',
  keys: 'API keys',
  alertRules: 'alert rules',
  alerts: 'alerts',
  bulks: 'bulk actions',
  bulkItems: 'results of bulk actions',
  minutes: 'counted minutes',
  audit: 'entries of the audit log',
  events: 'events',
  deliveries: 'deliveries',
  attempts: 'attempts',
  requests: 'inbound requests',
  rememberedIds: 'remembered ids',
  secretUses: 'last uses of secrets',
  usedTokens: 'used tokens',
  postponedLanes: 'postponed targets',
  replays: 'replays',
}

interface About {
  readonly url: string
  readonly config: ServerConfig
  readonly dataDir: string
  readonly tookMs: number
}

function summary({ digest, before }: Moved, { url, config, dataDir, tookMs }: About): string[] {
  const counts = Object.entries(digest.counts()).filter(([, rows]) => rows > 0)
  const where = `the schema ${config.databaseSchema} at ${withoutLogin(url)}`
  const rate = Math.round((digest.total() * 1000) / Math.max(1, tookMs))
  return [
    before
      ? `${dataDir} had been copied to ${where} before, and both are still the same. ${dataDir} is marked as moved now.`
      : `Moved ${dataDir} to ${where} in ${spanText(tookMs)}, ${count(rate)} rows/s. Both hold the same:`,
    ...counts.map(([kind, rows]) => `  ${count(rows).padStart(13)}  ${NAMES[kind as CopiedKind]}`),
    '',
    'Start it with the same secret key and this database, in as many processes as you like:',
    `  ${keyText(dataDir, config)}`,
    `  export POSTHORN_DATABASE_URL=…   # ${withoutLogin(url)}, with user and password`,
    `  posthorn serve${config.databaseSchema === 'posthorn' ? '' : ` --database-schema ${config.databaseSchema}`}`,
    '',
    `${dataDir} stays as it is, and serve refuses it. To go back: posthorn migrate --from ${dataDir} --unmark`,
  ]
}

/** Where the key is, never the key. */
function keyText(dataDir: string, { secretKey }: ServerConfig): string {
  if (secretKey !== null) return 'export POSTHORN_SECRET_KEY=…    # the one that was given here'
  return `export POSTHORN_SECRET_KEY="$(cat ${join(resolve(dataDir), KEY_FILE_NAME)})"`
}

function asJson(
  { digest, before }: Moved,
  url: string,
  { databaseSchema, secretKey }: ServerConfig,
  about: { readonly source: CopySource; readonly tookMs: number; readonly dataDir: string },
): Record<string, unknown> {
  const rows = Object.entries(digest.counts()).map(([kind, number]) => [
    NAMES[kind as CopiedKind].replaceAll(' ', '_').toLowerCase(),
    number,
  ])
  return {
    ...{ data_dir: about.dataDir, database: withoutLogin(url), schema: databaseSchema, moved_before: before },
    ...{ rows: Object.fromEntries(rows), digest: digest.text(), took_ms: Math.round(about.tookMs) },
    left_behind: about.source.leftBehind,
    secret_key_file: secretKey === null ? join(resolve(about.dataDir), KEY_FILE_NAME) : null,
  }
}

import { PosthornError } from '../domain/error.ts'
import { LIMITS } from '../domain/limits.ts'
import { Engine, type EngineOptions } from '../engine/engine.ts'
import { Intake } from '../engine/intake.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Random } from '../ports/random.ts'
import type { SecretBox } from '../ports/secrets.ts'
import type { Store } from '../ports/store.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import type { HttpTransport } from '../ports/transport.ts'
import type { OpenReport } from '../storage/sqlite/recover.ts'
import { systemClock } from '../system/clock.ts'
import { keyFromFile } from '../system/key-file.ts'
import { processName } from '../system/process-name.ts'
import { SystemRandom } from '../system/random.ts'
import { createSecretBox } from '../system/secret-box.ts'
import { SharedClock } from '../system/shared-clock.ts'
import { createTimeLimit } from '../system/time-limit.ts'
import { createHttpTransport } from '../transport/http/index.ts'
import { createMailer } from '../transport/mail/index.ts'
import { Meters } from './meters.ts'
import { type OpenedQueue, openQueue, type QueueOptions } from './open-queue.ts'
import { checkStoreOptions, openStore, type StoreOptions } from './open-store.ts'
import { openWatching } from './open-watching.ts'
import { severalTelemetries, TelemetryLog } from './telemetry-log.ts'
import { VERSION } from './version.ts'
import type { WatchedBy, Watching } from './watching.ts'

export interface InstanceOptions extends Partial<Omit<EngineOptions, 'version'>>, StoreOptions, QueueOptions {
  /** Seals secrets at rest, at least 24 characters. Default: the key file in the data folder, made at first start. */
  readonly secretKey?: string
  /** At least 24 characters. Default: one is made at the first start. null: this instance is not for holders of keys. */
  readonly adminKey?: string | null
  readonly allowHttp?: boolean
  /** CIDRs of private networks that may be called. */
  readonly allowNetworks?: readonly string[]
  /** Ports on which this process listens: never called on its own addresses, even where their network is allowed. */
  readonly ownPorts?: () => readonly number[]
  /** Bytes of HTTP requests that may be in this process at once. */
  readonly intakeBytes?: number
  /** PEM certificates of private authorities that targets may use. */
  readonly ca?: string
  /** The mail server for alerts, and from whom e-mails come. Default: none is sent. */
  readonly mail?: { readonly url: string; readonly from: string }
  /** Where the world reaches this server: for links in e-mails. */
  readonly publicUrl?: string | null
  readonly logger: Logger
  /** Told of everything that happens, beside the log and the metrics. */
  readonly telemetry?: Telemetry
  /**
   * Where metrics and spans go. `own` (default): a page for Prometheus, and pushed by the `OTEL_*` variables of the
   * process. `application`: to the providers that the application has registered with `@opentelemetry/api` before.
   */
  readonly watchedBy?: WatchedBy
  readonly clock?: Clock
  readonly random?: Random
}

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

export const INSTANCE_DEFAULTS = {
  role: 'all',
  dataDir: './.posthorn',
  slots: 512,
  leaseMarginMs: LIMITS.leaseMarginMs,
  drainMs: 30_000,
  retentionMs: 30 * DAY_MS,
  keepAuditMs: 365 * DAY_MS,
  sessionIdleMs: 30 * MINUTE_MS,
  sessionMaxMs: 12 * 60 * MINUTE_MS,
  disableAfterMs: 5 * DAY_MS,
  readyAgeMs: 20_000,
  intakeBytes: 64 * 1_048_576,
} as const

/**
 * Posthorn without its HTTP side: what the server and the library have in common. It accepts at once; `engine.start()`
 * begins the attempts, so that handlers can be registered before.
 */
export interface Instance {
  readonly engine: Engine
  /** The page for Prometheus; of an application's instance a comment. */
  readonly metrics: Pick<Watching, 'scrape'>
  /** For its HTTP side: how much may come in. */
  readonly intake: Intake
  /** Pages about the queue, where it has some. */
  readonly dashboard: OpenedQueue['dashboard']
  /** What was found and done when the store was opened. */
  readonly report: OpenReport | null
  /** The admin key's text when it was made by this start, to be shown once; else null. */
  readonly madeAdminKey: string | null
  /** Drains, then closes the store. */
  close(): Promise<void>
}

/**
 * Opens the store, checks that its secrets can be read, and makes what a first start needs.
 * @throws PosthornError config_invalid, data_dir_locked, schema_newer, schema_outdated, store_damaged,
 * store_unavailable, secret_unreadable
 */
export async function openInstance(options: InstanceOptions): Promise<Instance> {
  checkStoreOptions(options)
  const { clock = systemClock, random = new SystemRandom(), dataDir = INSTANCE_DEFAULTS.dataDir } = options
  const watching = await openWatching(options.watchedBy ?? 'own', { logger: options.logger, clock })
  const transport = createHttpTransport({
    allowHttp: options.allowHttp ?? false,
    allowNetworks: options.allowNetworks ?? [],
    clock,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    ...(options.ownPorts === undefined ? {} : { refuseOwnPorts: options.ownPorts }),
  })
  let store: Store | undefined = options.store
  try {
    const opened = await openStore(options, dataDir, clock)
    store = opened.store
    const { report } = opened
    const secretBox = createSecretBox([options.secretKey ?? (await keyFromFile(dataDir)).text], random)
    await checkSecrets(store, secretBox)
    if (report?.unclean)
      options.logger.warn('the last run did not end cleanly; nothing was left half done', { ...report })
    return await makeEngine({ ...options, clock, random }, { store, transport, secretBox, report, watching })
  } catch (error) {
    await store?.close()
    await transport.close()
    await watching.close()
    throw error
  }
}

interface Opened {
  readonly store: Store
  readonly transport: HttpTransport
  readonly secretBox: SecretBox & { readonly keyId: string }
  readonly report: OpenReport | null
  readonly watching: Watching
}

async function makeEngine(
  options: InstanceOptions & { clock: Clock; random: Random },
  { store, transport, secretBox, report, watching }: Opened,
): Promise<Instance> {
  const { random, logger, slots = INSTANCE_DEFAULTS.slots, role = INSTANCE_DEFAULTS.role } = options
  const clock = new SharedClock(options.clock, (aheadMs) =>
    logger.warn("this machine's clock differs from the database's, which is used", {
      ahead_ms: Math.round(aheadMs),
    }),
  )
  const { upkeep } = store
  const meters = new Meters({
    ...{ meter: watching.meter, upkeep, clock, slots, inFlight: () => engine.inFlight },
    intakeBytes: () => intake.bytes,
  })
  const telemetries = [
    new TelemetryLog(logger, clock),
    meters,
    ...(options.telemetry ? [options.telemetry] : []),
  ]
  const telemetry = severalTelemetries(telemetries)
  const intake = new Intake({
    maxBytes: options.intakeBytes ?? INSTANCE_DEFAULTS.intakeBytes,
    clock,
    telemetry,
  })
  const opened = await openQueue(options, { clock, logger, telemetry, signals: store.signals })
  const { queue, forgets, dashboard } = opened
  const mailer = options.mail === undefined ? null : createMailer(options.mail, clock)
  const engine: Engine = new Engine({
    ...{ store, transport, secretBox, clock, random, logger, timeLimit: createTimeLimit() },
    ...{ queue, queueForgets: forgets },
    agreeOnTime: (said, wayMs) => clock.agree(said, wayMs),
    tracer: watching.tracer,
    people: { mailer, publicUrl: options.publicUrl ?? null },
    telemetry,
    kinds: kindsOf(options),
    options: {
      ...{ role, slots, version: VERSION },
      processName: options.processName ?? processName(),
      leaseMarginMs: options.leaseMarginMs ?? INSTANCE_DEFAULTS.leaseMarginMs,
      drainMs: options.drainMs ?? INSTANCE_DEFAULTS.drainMs,
      retentionMs: options.retentionMs ?? INSTANCE_DEFAULTS.retentionMs,
      keepAuditMs: options.keepAuditMs ?? INSTANCE_DEFAULTS.keepAuditMs,
      sessionIdleMs: options.sessionIdleMs ?? INSTANCE_DEFAULTS.sessionIdleMs,
      sessionMaxMs: options.sessionMaxMs ?? INSTANCE_DEFAULTS.sessionMaxMs,
      disableAfterMs: options.disableAfterMs ?? INSTANCE_DEFAULTS.disableAfterMs,
      readyAgeMs: options.readyAgeMs ?? INSTANCE_DEFAULTS.readyAgeMs,
    },
  })
  await engine.tenants.ensureDefaultTenant()
  // A worker has no API. What it made and showed nobody would look for in its log.
  const keyed = role !== 'worker' && options.adminKey !== null
  const madeAdminKey = keyed ? await engine.keys.ensureAdminKey(options.adminKey ?? null) : null
  let closing: Promise<void> | null = null
  const close = async () => {
    await engine.stop()
    mailer?.close()
    await transport.close()
    await watching.close()
    meters.close()
    await store.close()
  }
  return {
    engine,
    metrics: watching,
    intake,
    dashboard,
    report,
    madeAdminKey,
    close: () => (closing ??= close()),
  }
}

function kindsOf({ store, databaseUrl, postgres, queue, redisUrl }: InstanceOptions) {
  const sql = databaseUrl ?? postgres
  return {
    store: store !== undefined ? 'given' : sql === undefined ? 'sqlite' : 'postgres',
    queue: queue !== undefined ? 'given' : redisUrl === undefined ? 'store' : 'redis',
  }
}

/**
 * With another secret key nothing could be signed and no source could verify: better to say so before anything is
 * attempted. Where processes come and go, also before there is a secret: two clusters on one database would meet later.
 */
async function checkSecrets(store: Store, secretBox: SecretBox & { readonly keyId: string }): Promise<void> {
  const kept = (await store.peers?.fact('secret key', secretBox.keyId)) ?? secretBox.keyId
  if (kept !== secretBox.keyId)
    throw new PosthornError(
      'secret_unreadable',
      `This database is used with the secret key ${kept} (a fingerprint), and the one given here is ${secretBox.keyId}. All processes on one database need the same --secret-key (POSTHORN_SECRET_KEY); other ones need a database or --database-schema of their own.`,
    )
  for (const records of [store.subscriptions, store.sources]) {
    const [newest] = await records.list({ tenantId: null, before: null, limit: 1 })
    for (const { sealed } of newest?.record.secrets ?? []) secretBox.open(sealed)
  }
}

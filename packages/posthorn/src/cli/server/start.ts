import { QUEUES_PATH } from '../../api/http/queues-page.ts'
import { type ApiServer, type ApiServerParts, createApiServer } from '../../api/server.ts'
import { isPosthornError } from '../../domain/error.ts'
import { type Instance, openInstance } from '../../instance/instance.ts'
import { VERSION } from '../../instance/version.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Telemetry } from '../../ports/telemetry.ts'
import { systemClock } from '../../system/clock.ts'
import { createLogger } from '../../system/logger.ts'
import type { ServerConfig } from '../config/options.ts'
import type { Context } from '../context.ts'
import { CliError } from '../exit.ts'
import { findConsole } from './console-folder.ts'
import { declareFromFile } from './sources-file.ts'

const DAY_MS = 86_400_000

type QueuesPage = NonNullable<ApiServerParts['queuesPage']>

export interface RunningServer {
  readonly instance: Instance
  readonly server: ApiServer
  /** `http://HOST:PORT` */
  readonly url: string
  /** Takes no more requests, drains the attempts, closes the store. */
  close(): Promise<void>
}

export interface StartParts {
  readonly telemetry?: Telemetry
  /** Texts of log lines that are told otherwise. */
  readonly narrated?: ReadonlySet<string>
  /** Other ports to try when the wanted one is taken. */
  readonly otherPorts?: readonly number[]
  /** Told the admin key that this start made. At once: it is stored hashed, also when the port turns out to be taken. */
  readonly onAdminKey: (key: string) => void
  /** A browser on this machine is signed in with it at once. @default nobody is */
  readonly openWithKey?: string
}

/** @throws CliError `busy` when the port is taken; PosthornError for all that keeps an instance from starting */
export async function startServer(
  config: ServerConfig,
  { random, env }: Context,
  parts: StartParts,
): Promise<RunningServer> {
  const clock = systemClock
  const lines = createLogger({ level: config.logLevel })
  const logger = parts.narrated === undefined ? lines : without(parts.narrated, lines)
  // Known once it listens; a tenant must not reach the API through a target of his.
  const ownPorts: number[] = []
  const mail = mailOf(config)
  const instance = await openInstance({
    ...{ logger, clock, random, ownPorts: () => ownPorts },
    ...{ dataDir: config.dataDir, migrate: !config.noMigrate, role: config.role },
    ...(config.databaseUrl === null
      ? {}
      : { databaseUrl: config.databaseUrl, databaseSchema: config.databaseSchema }),
    ...(config.redisUrl === null ? {} : { redisUrl: config.redisUrl, redisPrefix: config.redisPrefix }),
    readyAgeMs: config.readyAgeS * 1000,
    publicUrl: config.publicUrl,
    ...(mail === null ? {} : { mail }),
    ...{ allowHttp: config.allowHttp, allowNetworks: config.allowNetworks },
    ...{ drainMs: config.drainMs, slots: config.slots, leaseMarginMs: config.leaseMarginMs },
    intakeBytes: config.intakeMib * 1_048_576,
    retentionMs: config.retentionDays * DAY_MS,
    disableAfterMs: config.disableAfterDays * DAY_MS,
    keepAuditMs: config.keepAuditDays * DAY_MS,
    ...{ sessionIdleMs: config.sessionIdleS * 1000, sessionMaxMs: config.sessionMaxS * 1000 },
    ...(config.adminKey === null ? {} : { adminKey: config.adminKey }),
    ...(config.secretKey === null ? {} : { secretKey: config.secretKey }),
    ...(parts.telemetry === undefined ? {} : { telemetry: parts.telemetry }),
  })
  if (instance.madeAdminKey !== null) parts.onAdminKey(instance.madeAdminKey)
  const consoleFolder = findConsole()
  const make = () =>
    createApiServer({
      ...{ useCases: instance.engine, clock, random, logger, version: VERSION },
      metrics: () => instance.metrics.scrape(),
      intake: instance.intake,
      ...{ publicUrl: config.publicUrl, trustedProxies: config.trustedProxies, consoleFolder },
      portalOrigins: config.portalOrigins,
      ...(parts.openWithKey === undefined ? {} : { openWithKey: parts.openWithKey }),
      ...{ probesOnly: config.role === 'worker', changes: instance.engine.changes },
      ...(instance.dashboard === null ? {} : { queuesPage: instance.dashboard(QUEUES_PATH) as QueuesPage }),
    })
  try {
    if (config.sourcesFile !== null && config.role !== 'worker')
      await declareFromFile(config.sourcesFile, env, instance.engine, logger)
    const { server, url } = await listen(make, config, parts.otherPorts ?? [])
    ownPorts.push(Number(new URL(url).port))
    const close = async () => {
      // While the requests that run are being answered nothing new is begun.
      await instance.engine.leaveWork()
      await server.close(config.drainMs)
      await instance.close()
      lines.flush()
    }
    await instance.engine.start()
    return { instance, server, url, close }
  } catch (error) {
    await instance.close()
    throw error
  }
}

function mailOf({ smtpUrl, mailFrom }: ServerConfig): { url: string; from: string } | null {
  if (smtpUrl !== null && mailFrom !== null) return { url: smtpUrl, from: mailFrom }
  if (smtpUrl === null && mailFrom === null) return null
  throw new CliError(
    'config',
    '--smtp-url (POSTHORN_SMTP_URL) and --mail-from (POSTHORN_MAIL_FROM) need each other: give both, or none.',
    { problem: { code: 'config_invalid' } },
  )
}

async function listen(
  make: () => ApiServer,
  { host, port }: ServerConfig,
  otherPorts: readonly number[],
): Promise<{ server: ApiServer; url: string }> {
  const server = make()
  try {
    return { server, url: (await server.listen({ host, port })).url }
  } catch (error) {
    await server.close()
    if (!isTaken(error)) throw error
    const [next, ...rest] = otherPorts
    if (next !== undefined) return await listen(make, { host, port: next } as ServerConfig, rest)
    throw new CliError('busy', (error as Error).message, { problem: { code: 'port_taken' }, cause: error })
  }
}

function isTaken(error: unknown): boolean {
  return isPosthornError(error) && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'EADDRINUSE'
}

function without(texts: ReadonlySet<string>, logger: Logger): Logger {
  return {
    info: (text, fields) => texts.has(text) || logger.info(text, fields),
    warn: (text, fields) => texts.has(text) || logger.warn(text, fields),
    error: (text, fields) => texts.has(text) || logger.error(text, fields),
  }
}

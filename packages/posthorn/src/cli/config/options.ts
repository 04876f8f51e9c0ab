/**
 * Every option of `posthorn serve`, `dev` and `migrate`: one table. The command line, the environment, `--help` and
 * `docs/reference/config.md` come from it. Reading this file has no side effect.
 */
import { SECRET_KEY_CHARS_MIN } from '../../system/secret-box.ts'
import {
  days,
  host,
  networks,
  oneOf,
  type Parser,
  postgresUrl,
  publicUrl,
  redisPrefix,
  redisUrl,
  schemaName,
  text,
  wholeNumber,
  yesOrNo,
} from './parse.ts'

/** As the log knows them; `silent` writes nothing. */
export const LOG_LEVEL_NAMES = ['info', 'warn', 'error', 'silent'] as const

const ADMIN_KEY_CHARS_MIN = 24
const TEXT_CHARS_MAX = 4096

export interface ServerOption<T> {
  /** `--host` */
  readonly flag: string
  /** `POSTHORN_HOST`: read when the flag is not given. An empty one counts as not set. */
  readonly variable: string
  /** What stands behind the flag in the help; null: a switch without a value. */
  readonly value: string | null
  readonly description: string
  /** When neither is given. */
  readonly initial: T
  /** The default in words, for the reference. */
  readonly initialText: string
  /** What is accepted, in words. */
  readonly range: string
  readonly parse: Parser<T>
  /** The flag may be given several times; the variable holds them separated by commas. */
  readonly repeatable: boolean
  /** Never shown, and better given as a variable: command lines are visible to other users of the machine. */
  readonly secret: boolean
  /** Why a value other than the default is refused by this version, as a sentence; null: it is not. */
  readonly unsupported: string | null
}

type Given<T> = Pick<
  ServerOption<T>,
  'flag' | 'variable' | 'description' | 'initial' | 'initialText' | 'range' | 'parse'
> &
  Partial<Pick<ServerOption<T>, 'value' | 'repeatable' | 'secret' | 'unsupported'>>

function option<T>(given: Given<T>): ServerOption<T> {
  return { value: null, repeatable: false, secret: false, unsupported: null, ...given }
}

export const SERVER_OPTIONS = {
  host: option<string>({
    flag: '--host',
    variable: 'POSTHORN_HOST',
    value: 'HOST',
    description: 'Address to listen on.',
    initial: '127.0.0.1',
    initialText: '127.0.0.1',
    range: 'an address or a host name',
    parse: host,
  }),
  port: option<number>({
    flag: '--port',
    variable: 'POSTHORN_PORT',
    value: 'PORT',
    description: 'Port to listen on; 0 takes any free one.',
    initial: 3400,
    initialText: '3400',
    range: '0 to 65535',
    parse: wholeNumber(0, 65_535),
  }),
  dataDir: option<string>({
    flag: '--data-dir',
    variable: 'POSTHORN_DATA_DIR',
    value: 'FOLDER',
    description: 'Where the database and the secret key file are. One process at a time.',
    initial: './.posthorn',
    initialText: './.posthorn',
    range: 'a folder; it is made if it is not there',
    parse: text(1, TEXT_CHARS_MAX),
  }),
  databaseUrl: option<string | null>({
    flag: '--database-url',
    variable: 'POSTHORN_DATABASE_URL',
    value: 'URL',
    description: 'Keep everything in a PostgreSQL database instead of the data folder.',
    initial: null,
    initialText: 'none: SQLite in the data folder',
    range: 'a postgres:// URL',
    parse: postgresUrl,
    secret: true,
  }),
  databaseSchema: option<string>({
    flag: '--database-schema',
    variable: 'POSTHORN_DATABASE_SCHEMA',
    value: 'NAME',
    description: 'The schema within the PostgreSQL database; it is made if it is not there.',
    initial: 'posthorn',
    initialText: 'posthorn',
    range: 'a plain lower-case name',
    parse: schemaName,
  }),
  redisUrl: option<string | null>({
    flag: '--redis-url',
    variable: 'POSTHORN_REDIS_URL',
    value: 'URL',
    description:
      'Wake workers through Redis (6.2 or newer), which may forget everything; its dashboard is at /queues.',
    initial: null,
    initialText: 'none: the store is the queue',
    range: 'a redis:// URL, or rediss:// with TLS',
    parse: redisUrl,
    secret: true,
  }),
  redisPrefix: option<string>({
    flag: '--redis-prefix',
    variable: 'POSTHORN_REDIS_PREFIX',
    value: 'NAME',
    description: 'Stands before each key in Redis: one of its own for each database that shares it.',
    initial: 'posthorn',
    initialText: 'posthorn',
    range: 'a name of a-z, A-Z, 0-9, ".", "_" and "-"',
    parse: redisPrefix,
  }),
  role: option<'all' | 'api' | 'worker'>({
    flag: '--role',
    variable: 'POSTHORN_ROLE',
    value: 'ROLE',
    description:
      'What this process does: api accepts, worker delivers and serves only its health and metrics, all does both.',
    initial: 'all',
    initialText: 'all',
    range: 'all; with --database-url also api or worker',
    parse: oneOf(['all', 'api', 'worker']),
  }),
  adminKey: option<string | null>({
    flag: '--admin-key',
    variable: 'POSTHORN_ADMIN_KEY',
    value: 'KEY',
    description: 'Key for the API that may do everything.',
    initial: null,
    initialText: 'made at the first start, printed once, kept hashed',
    range: `any text of at least ${ADMIN_KEY_CHARS_MIN} characters`,
    parse: text(ADMIN_KEY_CHARS_MIN, TEXT_CHARS_MAX),
    secret: true,
  }),
  secretKey: option<string | null>({
    flag: '--secret-key',
    variable: 'POSTHORN_SECRET_KEY',
    value: 'KEY',
    description: 'Encrypts signing secrets at rest.',
    initial: null,
    initialText: 'made at the first start, in the data folder; with --database-url it must be given',
    range: `random text of at least ${SECRET_KEY_CHARS_MIN} characters`,
    parse: text(SECRET_KEY_CHARS_MIN, TEXT_CHARS_MAX),
    secret: true,
  }),
  allowHttp: option<boolean>({
    flag: '--allow-http',
    variable: 'POSTHORN_ALLOW_HTTP',
    description: 'Allow subscriptions with http:// URLs, which are sent in the clear.',
    initial: false,
    initialText: 'off',
    range: 'a switch',
    parse: yesOrNo,
  }),
  allowNetworks: option<readonly string[]>({
    flag: '--allow-network',
    variable: 'POSTHORN_ALLOW_NETWORKS',
    value: 'CIDR',
    description: 'Allow targets in a private network, such as 10.0.0.0/8 or 127.0.0.0/8.',
    initial: [],
    initialText: 'none',
    range: 'networks in CIDR notation',
    parse: networks,
    repeatable: true,
  }),
  publicUrl: option<string | null>({
    flag: '--public-url',
    variable: 'POSTHORN_PUBLIC_URL',
    value: 'URL',
    description: 'Where the world reaches this server: the beginning of the ingest URLs of sources.',
    initial: null,
    initialText: 'as the caller of the API calls this server',
    range: 'an http or https URL, with a path if there is one in front',
    parse: publicUrl,
  }),
  trustedProxies: option<readonly string[]>({
    flag: '--trusted-proxy',
    variable: 'POSTHORN_TRUSTED_PROXIES',
    value: 'CIDR',
    description: 'Proxies whose X-Forwarded-For, X-Forwarded-Proto and Forwarded are believed.',
    initial: [],
    initialText: 'none',
    range: 'networks in CIDR notation',
    parse: networks,
    repeatable: true,
  }),
  sourcesFile: option<string | null>({
    flag: '--sources',
    variable: 'POSTHORN_SOURCES_FILE',
    value: 'FILE',
    description:
      'Sources to make or change at the start: {"sources": […]} with the fields of the API, secrets as {"env": "NAME"}.',
    initial: null,
    initialText: 'none',
    range: 'a JSON file',
    parse: text(1, TEXT_CHARS_MAX),
  }),
  leaseMarginMs: option<number>({
    flag: '--lease-margin-ms',
    variable: 'POSTHORN_LEASE_MARGIN_MS',
    value: 'MS',
    description:
      'What a process that died had begun is begun again after the timeout of its attempts and this long. The same for all processes.',
    initial: 30_000,
    initialText: '30000',
    range: '1000 to 600000 milliseconds',
    parse: wholeNumber(1_000, 600_000),
  }),
  drainMs: option<number>({
    flag: '--drain-ms',
    variable: 'POSTHORN_DRAIN_MS',
    value: 'MS',
    description: 'How long a stop waits for running attempts before it cuts them off, uncounted.',
    initial: 30_000,
    initialText: '30000',
    range: '0 to 3600000 milliseconds',
    parse: wholeNumber(0, 3_600_000),
  }),
  noMigrate: option<boolean>({
    flag: '--no-migrate',
    variable: 'POSTHORN_NO_MIGRATE',
    description: 'Refuse to start on an older database instead of bringing it up to date.',
    initial: false,
    initialText: 'off',
    range: 'a switch',
    parse: yesOrNo,
  }),
  retentionDays: option<number>({
    flag: '--retention-days',
    variable: 'POSTHORN_RETENTION_DAYS',
    value: 'DAYS',
    description: 'Events older than this are removed, with their deliveries, unless one is still pending.',
    initial: 30,
    initialText: '30',
    range: 'above 0, at most 36500 days; fractions allowed',
    parse: days(36_500),
  }),
  slots: option<number>({
    flag: '--slots',
    variable: 'POSTHORN_SLOTS',
    value: 'COUNT',
    description: 'Attempts at once, over all targets.',
    initial: 512,
    initialText: '512',
    range: '1 to 16384',
    parse: wholeNumber(1, 16_384),
  }),
  disableAfterDays: option<number>({
    flag: '--disable-after-days',
    variable: 'POSTHORN_DISABLE_AFTER_DAYS',
    value: 'DAYS',
    description: 'Nothing but failures for this long disables a subscription.',
    initial: 5,
    initialText: '5',
    range: 'above 0, at most 365 days; fractions allowed',
    parse: days(365),
  }),
  readyAgeS: option<number>({
    flag: '--ready-age-s',
    variable: 'POSTHORN_READY_AGE_S',
    value: 'SECONDS',
    description: 'A worker is not ready when what it could deliver has waited longer for a free slot.',
    initial: 20,
    initialText: '20',
    range: '1 to 86400 seconds',
    parse: wholeNumber(1, 86_400),
  }),
  logLevel: option<(typeof LOG_LEVEL_NAMES)[number]>({
    flag: '--log-level',
    variable: 'POSTHORN_LOG_LEVEL',
    value: 'LEVEL',
    description: 'The least important log lines that are written to stderr.',
    initial: 'info',
    initialText: 'info',
    range: LOG_LEVEL_NAMES.join(', '),
    parse: oneOf(LOG_LEVEL_NAMES),
  }),
} as const

export type ServerOptionName = keyof typeof SERVER_OPTIONS

/** The options with their values, checked. */
export type ServerConfig = {
  readonly [K in ServerOptionName]: (typeof SERVER_OPTIONS)[K] extends ServerOption<infer T> ? T : never
}

/**
 * Who may import what: one table. A file belongs to the area with the longest matching path. Type imports count too:
 * a type that leaks is a dependency like any other.
 */
export interface Area {
  readonly name: string
  /** Folder (ends with `/`) or file, from the repository's root. */
  readonly path: string
  /** Names of areas it may import, besides itself. */
  readonly areas: readonly string[]
  /** Third-party packages it may import; `@fastify/*` stands for the scope. */
  readonly packages?: readonly string[]
  /** Built-in modules it may import, without `node:`. */
  readonly builtins?: readonly string[]
  readonly why: string
}

const CORE = ['domain', 'ports']
const FILES = ['fs', 'fs/promises', 'os', 'path', 'url']
const NETWORK = ['http', 'https', 'net', 'tls']
/** What a composition root puts behind the ports. */
const ADAPTERS = [
  'storage/sqlite',
  'storage/postgres',
  'queue/store',
  'queue/bullmq',
  'transport/http',
  'transport/mail',
  'transport/local',
  'system',
  'receiver/node',
]
const RECEIVER_PARTS = ['receiver', 'receiver/node', 'receiver/providers', 'receiver/doctor']
const SRC = 'packages/posthorn/src'
const RECEIVER = 'packages/receiver/src'

export const AREAS: readonly Area[] = [
  // ---- @posthorn/receiver: goes into other people's applications, on any runtime --------------------------------
  {
    name: 'receiver',
    path: `${RECEIVER}/index.ts`,
    areas: ['receiver/core', 'receiver/adapters'],
    why: 'the public names of `@posthorn/receiver`',
  },
  {
    name: 'receiver/core',
    path: `${RECEIVER}/`,
    areas: [],
    why: 'runs on any JavaScript runtime: Web standards only, no dependency, nothing of Node',
  },
  {
    name: 'receiver/adapters',
    path: `${RECEIVER}/adapters/`,
    areas: ['receiver/core'],
    why: "an adapter knows the shape of its framework's request, never the framework's package, nor Node's",
  },
  {
    name: 'receiver/providers',
    path: `${RECEIVER}/providers/index.ts`,
    areas: ['receiver/core', 'receiver/adapters'],
    why: 'the presets, apart from the core: an application takes the one it needs',
  },
  {
    name: 'receiver/doctor',
    path: `${RECEIVER}/doctor/index.ts`,
    areas: ['receiver/core'],
    why: 'why a signature does not fit, apart from the core: nobody needs it on the hot path',
  },
  {
    name: 'receiver/node',
    path: `${RECEIVER}/node/`,
    areas: ['receiver/core'],
    builtins: ['crypto'],
    why: 'the synchronous side of the receiver, on node:crypto',
  },
  // ---- posthorn: from the inside out ----------------------------------------------------------------------------
  { name: 'domain', path: `${SRC}/domain/`, areas: [], why: 'pure rules: values in, values out' },
  { name: 'ports', path: `${SRC}/ports/`, areas: ['domain'], why: 'interfaces only' },
  {
    name: 'engine',
    path: `${SRC}/engine/`,
    areas: [...CORE, ...RECEIVER_PARTS],
    packages: ['ajv', 'ajv-formats'],
    builtins: ['crypto', 'buffer', 'net', 'async_hooks'],
    why: 'use cases over ports: it signs and verifies with @posthorn/receiver, checks schemas with ajv, hashes with node:crypto, keeps address lists in the BlockList of node:net, knows by node:async_hooks for whom it works',
  },
  {
    name: 'storage/sqlite',
    path: `${SRC}/storage/sqlite/`,
    areas: CORE,
    builtins: ['sqlite', 'worker_threads', 'fs', 'path', 'os', 'url'],
    why: 'an adapter of the store port; the only user of node:sqlite',
  },
  {
    name: 'storage/postgres',
    path: `${SRC}/storage/postgres/`,
    areas: CORE,
    packages: ['pg'],
    why: 'an adapter of the store port; the only user of pg',
  },
  { name: 'queue', path: `${SRC}/queue/`, areas: CORE, why: 'what the queues on servers have in common' },
  { name: 'queue/store', path: `${SRC}/queue/store/`, areas: CORE, why: 'the queue that asks the store' },
  {
    name: 'queue/bullmq',
    path: `${SRC}/queue/bullmq/`,
    areas: [...CORE, 'queue'],
    packages: ['bullmq', 'ioredis', '@bull-board/*'],
    why: 'the queue on Redis; the only user of bullmq and ioredis, and the only place with jobs',
  },
  {
    name: 'queue/rabbitmq',
    path: `${SRC}/queue/rabbitmq/`,
    areas: [...CORE, 'queue'],
    packages: ['amqplib'],
    why: 'the queue on RabbitMQ; the only user of amqplib',
  },
  {
    name: 'transport/http',
    path: `${SRC}/transport/http/`,
    areas: CORE,
    packages: ['undici', 'ipaddr.js'],
    builtins: ['dns', 'dns/promises', 'net', 'tls', 'zlib', 'stream', 'os'],
    why: 'the one guarded way out to a URL that somebody else chose; the only user of undici',
  },
  {
    name: 'transport/mail',
    path: `${SRC}/transport/mail/`,
    areas: CORE,
    packages: ['nodemailer'],
    why: 'e-mail over SMTP; the only user of nodemailer',
  },
  {
    name: 'transport/local',
    path: `${SRC}/transport/local/`,
    areas: CORE,
    why: 'attempts by calling a function',
  },
  {
    name: 'system',
    path: `${SRC}/system/`,
    areas: CORE,
    packages: ['pino'],
    builtins: ['crypto', 'fs', 'fs/promises', 'os', 'path', 'perf_hooks', 'timers', 'vm'],
    why: 'the only place that touches the clock, chance, key files and the log stream',
  },
  {
    name: 'contract',
    path: `${SRC}/api/contract/`,
    areas: ['domain'],
    packages: ['typebox'],
    why: 'what a client may rely on, as schemas; browser-safe, so that the client and the console can use it',
  },
  {
    name: 'api',
    path: `${SRC}/api/`,
    areas: [...CORE, 'engine', 'contract', 'receiver/providers', 'receiver/adapters'],
    packages: ['fastify', '@fastify/*', 'ajv', 'ajv-formats', 'typebox'],
    builtins: ['http', 'net', 'stream', 'crypto', 'buffer'],
    why: 'routes: the only user of the web framework; it calls use cases and never a store, and lists the presets',
  },
  {
    name: 'client',
    path: `${SRC}/client/`,
    areas: ['contract'],
    why: 'browser-safe: fetch and the contract, nothing else',
  },
  {
    name: 'testing',
    path: `${SRC}/testing/`,
    areas: [...CORE, 'engine', 'receiver', 'receiver/node', 'system'],
    builtins: [...FILES, ...NETWORK, 'zlib', 'stream', 'events', 'assert', 'assert/strict', 'test'],
    why: 'published: what a test of an application, of another store or another queue needs; no adapter of ours',
  },
  {
    name: 'instance',
    path: `${SRC}/instance/`,
    areas: [...CORE, 'engine', ...ADAPTERS],
    packages: ['@opentelemetry/*'],
    builtins: ['fs', 'fs/promises', 'path', 'url'],
    why: 'puts engine and adapters together, for an application and for the server alike; no web framework',
  },
  {
    name: 'rabbitmq',
    path: `${SRC}/rabbitmq/`,
    areas: [...CORE, 'queue/rabbitmq', 'system'],
    why: 'published: the queue on RabbitMQ, for an application that has one',
  },
  {
    name: 'library',
    path: `${SRC}/library/`,
    areas: [...CORE, 'engine', ...RECEIVER_PARTS, 'receiver/adapters', 'system', 'instance'],
    why: 'Posthorn inside an application: sources, handlers, publish; over one instance',
  },
  {
    name: 'cli',
    path: `${SRC}/cli/`,
    areas: [
      ...CORE,
      'engine',
      ...RECEIVER_PARTS,
      'receiver/adapters',
      ...ADAPTERS,
      'instance',
      'library',
      'contract',
      'api',
      'client',
      'testing',
    ],
    packages: ['commander'],
    builtins: [
      ...FILES,
      ...NETWORK,
      'child_process',
      'crypto',
      'events',
      'process',
      'readline',
      'readline/promises',
      'stream',
      'stream/promises',
      'util',
    ],
    why: 'the composition root: the only place that knows everybody',
  },
  {
    name: 'entry',
    path: `${SRC}/index.ts`,
    areas: [...CORE, 'engine', ...RECEIVER_PARTS, 'instance', 'library'],
    why: 'the public names of `posthorn`',
  },
  // ---- the console: the page that the server hands out ----------------------------------------------------------
  {
    name: 'console',
    path: 'packages/console/src/',
    areas: ['console/pages', 'console/parts', 'console/data', 'console/browser', 'console/text', 'public'],
    packages: ['react', 'react-dom', '@tanstack/*', '@base-ui/react'],
    why: 'the entry and the table of pages; of the server it knows the public client only',
  },
  {
    name: 'console/pages',
    path: 'packages/console/src/pages/',
    areas: ['console/parts', 'console/data', 'console/browser', 'console/text', 'public'],
    packages: ['react', '@tanstack/*', '@base-ui/react'],
    why: 'what stands on each page; the router is told of it, not the other way round',
  },
  {
    name: 'console/parts',
    path: 'packages/console/src/parts/',
    areas: ['console/data', 'console/browser', 'console/text', 'public'],
    packages: ['react', '@tanstack/react-virtual', '@base-ui/react', 'uplot'],
    why: 'the pieces that pages are made of; they know no page',
  },
  {
    name: 'console/data',
    path: 'packages/console/src/data/',
    areas: ['console/browser', 'console/text', 'public'],
    packages: ['react', '@tanstack/react-query'],
    why: 'asks the server through the public client',
  },
  {
    name: 'console/browser',
    path: 'packages/console/src/browser/',
    areas: [],
    packages: ['react'],
    why: "the reader's clock, storage, clipboard and theme",
  },
  {
    name: 'console/text',
    path: 'packages/console/src/text/',
    areas: [],
    why: 'values in words: pure functions',
  },
  // ---- around ---------------------------------------------------------------------------------------------------
  {
    name: 'examples',
    path: 'examples/',
    areas: ['public'],
    packages: [
      ...['express', 'hono', '@hono/node-server', 'fastify', 'stripe', '@octokit/webhooks'],
      ...['pg', 'kysely', 'drizzle-orm'],
    ],
    builtins: [...FILES, ...NETWORK, 'events', 'process', 'assert/strict', 'test'],
    why: 'an example may use only what its reader can install',
  },
]

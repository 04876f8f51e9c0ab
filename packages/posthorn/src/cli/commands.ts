import type { Command } from 'commander'
import type { Context } from './context.ts'

type MakeCommand = (context: Context) => Command

interface CommandEntry {
  readonly name: string
  readonly summary: string
  /** Loaded only when it is called, so that `posthorn --version` does not wait for the server's code. */
  readonly load: () => Promise<MakeCommand>
}

/** Every command, in the order of the help. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'serve',
    summary: 'run the server: API, workers',
    load: async () => (await import('./commands/serve.ts')).serveCommand,
  },
  {
    name: 'dev',
    summary: 'serve for development, with a demo receiver and sample events, all of it narrated',
    load: async () => (await import('./commands/dev.ts')).devCommand,
  },
  {
    name: 'migrate',
    summary: "bring the database's schema up to date, or move a data folder to PostgreSQL",
    load: async () => (await import('./commands/migrate.ts')).migrateCommand,
  },
  {
    name: 'overview',
    summary: 'what fails now, since when and why; what happens in numbers',
    load: async () => (await import('./commands/overview.ts')).overviewCommand,
  },
  {
    name: 'publish',
    summary: 'publish an event, or millions from NDJSON',
    load: async () => (await import('./commands/publish.ts')).publishCommand,
  },
  {
    name: 'subscriptions',
    summary: 'list, show, create, update, delete, rotate-secret, test, enable, disable, stats',
    load: async () => (await import('./commands/subscriptions.ts')).subscriptionsCommand,
  },
  {
    name: 'sources',
    summary: 'list, show, create, update, delete, let-through, requests',
    load: async () => (await import('./commands/sources.ts')).sourcesCommand,
  },
  {
    name: 'providers',
    summary: 'the presets for sources: list, show',
    load: async () => (await import('./commands/providers.ts')).providersCommand,
  },
  {
    name: 'events',
    summary: 'list, show, deliveries',
    load: async () => (await import('./commands/events.ts')).eventsCommand,
  },
  {
    name: 'deliveries',
    summary: 'list, show with attempts, retry, cancel',
    load: async () => (await import('./commands/deliveries.ts')).deliveriesCommand,
  },
  {
    name: 'dead-letters',
    summary: 'list by cause; retry or drop many; bulks, watch, cancel',
    load: async () => (await import('./commands/dead-letters.ts')).deadLettersCommand,
  },
  {
    name: 'replay',
    summary: 'make new deliveries for old events',
    load: async () => (await import('./commands/replay.ts')).replayCommand,
  },
  {
    name: 'event-types',
    summary: 'list, show, create, update, delete',
    load: async () => (await import('./commands/event-types.ts')).eventTypesCommand,
  },
  {
    name: 'tenants',
    summary: 'list, show, create, update, delete',
    load: async () => (await import('./commands/tenants.ts')).tenantsCommand,
  },
  {
    name: 'keys',
    summary: 'create, list, revoke API keys',
    load: async () => (await import('./commands/keys.ts')).keysCommand,
  },
  {
    name: 'audit',
    summary: 'who changed what',
    load: async () => (await import('./commands/audit.ts')).auditCommand,
  },
  {
    name: 'alerts',
    summary: 'list, rules, show, create, enable, disable, delete',
    load: async () => (await import('./commands/alerts.ts')).alertsCommand,
  },
  {
    name: 'portal',
    summary: "make a link to the portal, for somebody of a tenant's",
    load: async () => (await import('./commands/portal.ts')).portalCommand,
  },
  {
    name: 'trigger',
    summary: 'publish a sample event',
    load: async () => (await import('./commands/trigger.ts')).triggerCommand,
  },
  {
    name: 'listen',
    summary: 'receive, verify and print events here, for as long as it runs',
    load: async () => (await import('./commands/listen.ts')).listenCommand,
  },
  {
    name: 'inspect',
    summary: 'print any request that comes to a local port',
    load: async () => (await import('./commands/inspect.ts')).inspectCommand,
  },
  {
    name: 'sign',
    summary: 'sign a file: the headers, or a curl line',
    load: async () => (await import('./commands/sign.ts')).signCommand,
  },
  {
    name: 'verify',
    summary: 'verify a request from files, and say why not',
    load: async () => (await import('./commands/verify.ts')).verifyCommand,
  },
  {
    name: 'doctor',
    summary: 'check this machine, the data folder and the server',
    load: async () => (await import('./commands/doctor.ts')).doctorCommand,
  },
]

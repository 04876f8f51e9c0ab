import { Command } from 'commander'
import { createClient, type PosthornClient } from '../../client/client.ts'
import { PosthornApiError } from '../../client/error.ts'
import { VERSION } from '../../instance/version.ts'
import { SERVER_OPTIONS, type ServerConfig } from '../config/options.ts'
import { addServerOptions, type GivenFlags, readServerConfig } from '../config/read.ts'
import type { Context } from '../context.ts'
import { DemoReceiver } from '../dev/demo-receiver.ts'
import { DemoSource } from '../dev/demo-source.ts'
import { devKey } from '../dev/dev-key.ts'
import { farewell } from '../dev/farewell.ts'
import { Narrator } from '../dev/narrator.ts'
import { Tour } from '../dev/tour.ts'
import { CliError } from '../exit.ts'
import { startServer } from '../server/start.ts'
import { aborted } from '../signals.ts'

const TENANT = 'demo'

/** What `dev` has instead of the table's defaults. A folder of its own: a real server's data is not played with. */
export const DEV_DEFAULTS: Partial<ServerConfig> = {
  dataDir: './.posthorn/dev',
  allowHttp: true,
  allowNetworks: ['127.0.0.0/8', '::1/128'],
  logLevel: 'error',
}

/** As GitHub greets a new webhook. */
const PING = '{"zen":"Keep it logically awesome."}'

/** The narration tells them, better than the log. */
const NARRATED = new Set(['delivery.attempted', 'delivery.finished'])

export function devCommand(context: Context): Command {
  const command = new Command('dev')
    .description(
      'A server for development, with a demo receiver in the same process: a tour of real events, told as they happen.',
    )
    .option('--once', 'end after the tour')
    .option('--no-tour', 'no demo receiver and no events: only the server, open to loopback and http')
    .addHelpText(
      'after',
      `
Its own defaults: --data-dir ${DEV_DEFAULTS.dataDir}, --allow-http, --allow-network 127.0.0.0/8 and ::1/128,
--log-level ${DEV_DEFAULTS.logLevel}, and any free port when ${SERVER_OPTIONS.port.initialText} is taken and none was named.
`,
    )
  return addServerOptions(command).action((flags: DevFlags) => dev(flags, context))
}

type DevFlags = GivenFlags & { readonly once?: boolean; readonly tour: boolean }

async function dev(flags: DevFlags, context: Context): Promise<void> {
  const { output, env, signals, clock, random } = context
  const stop = signals.listen()
  const config = readServerConfig(flags, env, DEV_DEFAULTS)
  if (config.role !== 'all')
    throw new CliError(
      'config',
      '`posthorn dev` is one process that does everything: leave --role (POSTHORN_ROLE) out.',
    )
  const adminKey = config.adminKey ?? (await devKey(config.dataDir, random))
  const narrator = new Narrator(output, clock)
  const portGiven = flags.port !== undefined || Boolean(env[SERVER_OPTIONS.port.variable])
  const running = await startServer({ ...config, adminKey }, context, {
    telemetry: narrator,
    ...{ narrated: NARRATED, otherPorts: portGiven ? [] : [0] },
    onAdminKey: () => {},
    openWithKey: adminKey,
  })
  const { url } = running
  narrator.say(`Posthorn ${VERSION} listens on ${url}, its data is in ${config.dataDir}.`)
  if (!portGiven && new URL(url).port !== SERVER_OPTIONS.port.initialText)
    narrator.say(
      `(Port ${SERVER_OPTIONS.port.initialText} is taken by another process, so it took a free one.)`,
    )
  const receiver = new DemoReceiver(narrator)
  try {
    await ensureTenant(createClient({ baseUrl: url, key: adminKey }))
    const client = createClient({ baseUrl: url, key: adminKey, tenant: TENANT })
    const source = new DemoSource(client, adminKey, clock)
    if (flags.tour) {
      await receiver.start()
      await takeTour(new Tour({ client, narrator, receiver, source, random }), stop)
    }
    narrator.forget()
    // Another id at each start: else it would be a duplicate of yesterday's.
    const id = `hand-made-${Buffer.from(random.bytes(4)).toString('hex')}`
    const inbound = flags.tour && !stop.aborted ? await source.curlLine('ping', id, PING) : null
    for (const line of farewell({ url, key: adminKey, tenant: TENANT, inbound })) narrator.say(line)
    if (!flags.once && !stop.aborted) {
      narrator.say('\nIt goes on running; what you publish is told here. Ctrl-C drains and ends it.')
      await aborted(stop)
    }
    narrator.say('Draining: nothing new is accepted, running attempts end.')
  } finally {
    await running.close()
    await receiver.close()
    narrator.say('Stopped. What is pending is delivered after the next start.')
    await narrator.told()
  }
}

/** Until its end, or until somebody has seen enough. */
async function takeTour(tour: Tour, stop: AbortSignal): Promise<void> {
  const taken = tour.prepare().then(() => tour.run())
  // After a stop its requests fail one by one, which is nobody's concern.
  taken.catch(() => {})
  await Promise.race([taken, aborted(stop)])
}

async function ensureTenant(client: PosthornClient): Promise<void> {
  try {
    await client.call('createTenant', { body: { slug: TENANT, name: 'Demo' } })
  } catch (error) {
    // There since an earlier run.
    if (!(error instanceof PosthornApiError) || error.code !== 'name_taken') throw error
  }
}

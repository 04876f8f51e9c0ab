import { Command } from 'commander'
import { addServerOptions, type GivenFlags, readServerConfig } from '../config/read.ts'
import type { Context } from '../context.ts'
import type { Output } from '../output.ts'
import { startServer } from '../server/start.ts'
import { aborted } from '../signals.ts'

export function serveCommand(context: Context): Command {
  const command = new Command('serve')
    .description('Runs the server: the API and the workers, in one process.')
    .addHelpText(
      'after',
      `
When it is ready, stdout has one line, "posthorn listening on http://HOST:PORT"; JSON log lines go to stderr.
SIGTERM and SIGINT drain: running attempts end, and it exits with 0. A second signal ends it at once.
Flags go before variables, which go before the defaults.
`,
    )
  return addServerOptions(command).action((flags: GivenFlags) => serve(flags, context))
}

async function serve(flags: GivenFlags, context: Context): Promise<void> {
  const { output, env, signals } = context
  const config = readServerConfig(flags, env)
  // Listened to before the start, so that a stop that comes during it is not lost.
  const stop = signals.listen()
  const { url, close } = await startServer(config, context, {
    onAdminKey: (key) => tellAdminKey(output, key),
  })
  await output.line(`posthorn listening on ${url}`)
  await aborted(stop)
  await close()
}

/** On stderr and not in the log: it must be seen once, by the person who starts it, and be kept nowhere. */
export function tellAdminKey(output: Output, key: string): void {
  output.note(`posthorn admin key, shown this once, keep it: ${key}`)
}

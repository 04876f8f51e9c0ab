import { Command } from 'commander'
import type { ServerConfig } from '../config/options.ts'
import { addServerOptions, type GivenFlags, readServerConfig } from '../config/read.ts'
import { addConnectionOptions, type ConnectionFlags } from '../connection.ts'
import type { Context } from '../context.ts'
import { type Check, localChecks, serverChecks } from '../doctor/checks.ts'
import { CliError } from '../exit.ts'

export function doctorCommand(context: Context): Command {
  const command = new Command('doctor').description(
    'Checks this machine, the data folder and, if one runs, the server. Changes nothing.',
  )
  return addServerOptions(addConnectionOptions(command), [
    'host',
    'port',
    'dataDir',
    'adminKey',
    'secretKey',
  ]).action((flags: GivenFlags & ConnectionFlags) => doctor(flags, context))
}

async function doctor(flags: GivenFlags & ConnectionFlags, context: Context): Promise<void> {
  const { output } = context
  const config = readServerConfig(flags, context.env)
  const checks: Check[] = []
  for await (const one of allChecks(config, flags, context)) {
    checks.push(one)
    if (!flags.json) await output.line(lineOf(one, context))
  }
  const bad = checks.filter(({ verdict }) => verdict === 'bad')
  if (flags.json) await output.json({ ok: bad.length === 0, checks })
  if (bad.length > 0)
    throw new CliError('failed', `${bad.length} of ${checks.length} checks are bad.`, {
      problem: { code: 'checks_bad' },
    })
}

async function* allChecks(
  config: ServerConfig,
  flags: ConnectionFlags,
  context: Context,
): AsyncGenerator<Check> {
  yield* localChecks(config)
  yield* serverChecks(flags, context)
}

function lineOf({ verdict, name, detail }: Check, { output }: Context): string {
  const styles = { good: 'green', note: 'yellow', bad: 'red' } as const
  return `${output.paint(styles[verdict], verdict.padEnd(4))}  ${name.padEnd(12)}  ${detail}`
}

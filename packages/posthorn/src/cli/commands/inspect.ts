import { Command } from 'commander'
import type { Context } from '../context.ts'
import { usageError } from '../exit.ts'
import { printRequest } from '../loopback/print.ts'
import { LoopbackServer } from '../loopback/server.ts'
import { aborted } from '../signals.ts'

interface InspectFlags {
  readonly port: string
  readonly host: string
  readonly status: string
  readonly json?: boolean
}

export function inspectCommand(context: Context): Command {
  return new Command('inspect')
    .description('Prints every request that comes to a local port, until Ctrl-C. Needs no server.')
    .option('--port <PORT>', 'port to listen on; 0: any free one', '3401')
    .option('--host <HOST>', 'address to listen on', '127.0.0.1')
    .option('--status <STATUS>', 'what is answered: try 503, 410 or 200', '200')
    .option('--json', 'a JSON document a request and line')
    .action((flags: InspectFlags) => inspect(flags, context))
}

async function inspect(flags: InspectFlags, context: Context): Promise<void> {
  const status = numberOf('--status', flags.status, 200, 599)
  const port = numberOf('--port', flags.port, 0, 65_535)
  const stop = context.signals.listen()
  const server = await LoopbackServer.start(
    async (request) => {
      await printRequest(request, context, { json: flags.json === true })
      return { status }
    },
    { host: flags.host, port },
  )
  context.output.note(`Listening on ${server.url}, answering ${status}. Ctrl-C ends it.`)
  await aborted(stop)
  await server.close()
}

export function numberOf(option: string, text: string, min: number, max: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : -1
  if (value < min || value > max)
    throw usageError(`${option} ${JSON.stringify(text)} must be a whole number from ${min} to ${max}.`)
  return value
}

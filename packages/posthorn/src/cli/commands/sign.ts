import { createSigner } from '@posthorn/receiver'
import { Command } from 'commander'
import { ID_RANDOM_BYTES, makeId } from '../../domain/ids.ts'
import { LIMITS } from '../../domain/limits.ts'
import type { Context } from '../context.ts'
import { usageError } from '../exit.ts'
import { readBytes } from '../input.ts'
import { addSchemeOptions, providerOf, type SchemeFlags, secretsOf } from '../schemes.ts'
import { curlText } from '../text/curl.ts'
import { parseInstant } from '../text/time.ts'

interface SignFlags extends SchemeFlags {
  readonly id?: string
  readonly type: string
  readonly at?: string
  readonly curl?: string
  readonly json?: boolean
}

export function signCommand(context: Context): Command {
  const command = new Command('sign')
    .description('Signs the bytes of a file as a sender does, and prints the headers. Needs no server.')
    .argument('[FILE]', 'the body, byte for byte; - for stdin', '-')
  return addSchemeOptions(command)
    .option('--id <ID>', 'event id (default: a new one)')
    .option('--type <TYPE>', 'event type, for the schemes that send it in a header', 'test.ping')
    .option('--at <TIME>', 'time of the signature (default: now)')
    .option('--curl <URL>', 'print a curl line that sends the file there')
    .option('--json', 'the headers as JSON')
    .addHelpText(
      'after',
      `
Examples:
  posthorn sign --provider stripe --secret-file secret.txt event.json
  posthorn sign --curl http://localhost:3000/webhooks event.json | sh
`,
    )
    .action((file: string, flags: SignFlags) => sign(file, flags, context))
}

async function sign(file: string, flags: SignFlags, context: Context): Promise<void> {
  const { output, clock, random } = context
  const now = clock.now()
  const newId = (prefix: 'evt' | 'dlv') => makeId(prefix, now, random.bytes(ID_RANDOM_BYTES))
  const provider = await providerOf(flags, context)
  if (provider.code !== undefined)
    throw usageError(
      `${provider.title} signs in a way that only its own requests have: it can be verified, not signed here.`,
    )
  const secrets = await secretsOf(flags, provider, context)
  const signer = createSigner({ scheme: provider.scheme, secrets })
  const timestampMs = flags.at === undefined ? now : parseInstant('--at', flags.at, now, 'ago')
  const body = await readBytes(file, LIMITS.eventDataBytes, context)
  const headers = await signer.sign({
    ...{ id: flags.id ?? newId('evt'), type: flags.type, deliveryId: newId('dlv') },
    ...{ timestampMs, body },
  })
  if (flags.json) return await output.json(Object.fromEntries(headers))
  if (flags.curl === undefined) return await output.lines(headers.map(([name, value]) => `${name}: ${value}`))
  const all = [['content-type', 'application/json'] as const, ...headers]
  await output.line(curlText({ url: flags.curl, headers: all, data: `@${file}` }))
}

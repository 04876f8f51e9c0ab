import { createReceiver, REFUSAL_REASONS, type VerifiedEvent, type VerifyRequest } from '@posthorn/receiver'
import { Command } from 'commander'
import { LIMITS } from '../../domain/limits.ts'
import type { Context } from '../context.ts'
import { CliError, usageError } from '../exit.ts'
import { readBytes } from '../input.ts'
import { addSchemeOptions, type SchemeFlags, schemeOf, secretsOf } from '../schemes.ts'
import { fieldLines } from '../text/table.ts'
import { isoOf, parseInstant, spanText } from '../text/time.ts'
import { parseHeaders } from '../verify/headers.ts'
import { hints } from '../verify/hints.ts'

interface VerifyFlags extends SchemeFlags {
  readonly header?: readonly string[]
  readonly headersFile?: string
  readonly tolerance?: string
  readonly at?: string
  readonly method?: string
  readonly url?: string
  readonly json?: boolean
}

const HEADERS_BYTES_MAX = 256 * 1024

export function verifyCommand(context: Context): Command {
  const command = new Command('verify')
    .description('Verifies a request from its headers and its body, and says why not. Needs no server.')
    .argument('[FILE]', 'the raw body, byte for byte; - for stdin', '-')
  return addSchemeOptions(command)
    .option(
      '--header <LINE>',
      'a header of the request, `name: value`, repeatable',
      (value: string, all: readonly string[] | undefined) => [...(all ?? []), value],
    )
    .option('--headers-file <FILE>', 'all headers: one `name: value` a line, or a JSON object')
    .option(
      '--tolerance <SECONDS>',
      'accepted distance of the time stamp from the clock (default: of the scheme)',
    )
    .option('--at <TIME>', 'verify as if it were this time, for a request of the past (default: now)')
    .option('--method <METHOD>', 'of the request, for schemes that sign it')
    .option('--request-url <URL>', 'of the request, for schemes that sign it')
    .option('--json', 'the result as JSON')
    .addHelpText(
      'after',
      `
Exits with 0 when the signature fits, and with 6 when it does not.

Examples:
  posthorn verify --scheme github --secret-file secret.txt --headers-file headers.txt body.json
  posthorn sign event.json > headers.txt && posthorn verify --headers-file headers.txt event.json
`,
    )
    .action((file: string, flags: VerifyFlags & { requestUrl?: string }) => verify(file, flags, context))
}

async function verify(
  file: string,
  flags: VerifyFlags & { requestUrl?: string },
  context: Context,
): Promise<void> {
  const { output, clock } = context
  const now = flags.at === undefined ? clock.now() : parseInstant('--at', flags.at, clock.now(), 'ago')
  const request: VerifyRequest = {
    headers: await headersOf(flags, context),
    body: await readBytes(file, LIMITS.eventDataBytes, context),
    method: flags.method,
    url: flags.requestUrl,
  }
  const options = {
    scheme: schemeOf(flags),
    secrets: await secretsOf(flags, context),
    toleranceS: toleranceOf(flags.tolerance),
    maxBodyBytes: LIMITS.eventDataBytes,
    clock: () => now,
  }
  const result = await createReceiver(options).verify(request)
  if (!result.ok) {
    const advice = await hints(options, request, result)
    const sentence = REFUSAL_REASONS[result.reason]
    if (flags.json)
      await output.json({
        ok: false,
        reason: result.reason,
        sentence,
        detail: result.detail ?? null,
        hints: advice,
      })
    const more = [
      result.detail === undefined ? '' : `\n  Found: ${result.detail}`,
      ...advice.map((hint) => `\n  ${hint}`),
    ]
    throw new CliError('refused', `Refused: ${result.reason}. ${sentence}${more.join('')}`, {
      problem: { code: result.reason, title: sentence },
    })
  }
  if (flags.json) return await output.json(verifiedJson(result))
  await output.line(output.paint('green', 'The signature fits.'))
  await output.lines(fieldLines(verifiedFields(result, now)).map((line) => `  ${line}`))
}

async function headersOf(flags: VerifyFlags, context: Context): Promise<Array<[string, string]>> {
  const text =
    flags.headersFile === undefined
      ? ''
      : Buffer.from(await readBytes(flags.headersFile, HEADERS_BYTES_MAX, context)).toString('utf8')
  const headers = [...parseHeaders(text), ...parseHeaders((flags.header ?? []).join('\n'))]
  if (headers.length === 0) throw usageError('No headers were given: use --headers-file or --header.')
  return headers
}

function toleranceOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(value <= 86_400)) throw usageError(`--tolerance ${JSON.stringify(text)} must be 0 to 86400 seconds.`)
  return value
}

function verifiedJson(event: VerifiedEvent): object {
  return {
    ok: true,
    id: event.id ?? null,
    type: event.type ?? null,
    timestamp: event.timestamp === undefined ? null : isoOf(event.timestamp),
    secret_index: event.secretIndex,
    body_bytes: event.body.byteLength,
  }
}

function verifiedFields(event: VerifiedEvent, now: number): Array<[string, string]> {
  const secret =
    event.secretIndex === 0
      ? 'the first'
      : `number ${event.secretIndex + 1}: the sender still signs with an old one`
  const distance = event.timestamp === undefined ? '' : spanText(Math.abs(now - event.timestamp))
  return [
    ['id', event.id ?? 'none'],
    ['type', event.type ?? 'none'],
    [
      'time',
      event.timestamp === undefined
        ? 'the scheme has none'
        : `${isoOf(event.timestamp)}, ${distance} ${event.timestamp > now ? 'ahead' : 'ago'}`,
    ],
    ['secret', secret],
    ['body', `${event.body.byteLength} bytes`],
  ]
}

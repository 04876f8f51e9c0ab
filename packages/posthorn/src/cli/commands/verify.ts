import { REFUSAL_REASONS, type VerifyRequest } from '@posthorn/receiver'
import {
  createProviderReceiver,
  type Provider,
  type ProviderEvent,
  type ProviderReceiverOptions,
  type ProviderResult,
} from '@posthorn/receiver/providers'
import { Command } from 'commander'
import { LIMITS } from '../../domain/limits.ts'
import { providerSettings, settingFlaws, snakeSettings } from '../../engine/directory/source-provider.ts'
import type { Context } from '../context.ts'
import { CliError, usageError } from '../exit.ts'
import { collectWhole } from '../flags.ts'
import { readBytes } from '../input.ts'
import { addSchemeOptions, providerOf, type SchemeFlags, secretsOf } from '../schemes.ts'
import { settingsOf } from '../sources/input.ts'
import { fieldLines } from '../text/table.ts'
import { isoOf, parseInstant, spanText } from '../text/time.ts'
import { diagnosisLines } from '../verify/diagnoses.ts'
import { explain } from '../verify/explain.ts'
import { withFetchedKeys } from '../verify/fetch-key.ts'
import { parseHeaders } from '../verify/headers.ts'

interface VerifyFlags extends SchemeFlags {
  readonly setting?: readonly string[]
  readonly header?: readonly string[]
  readonly headersFile?: string
  readonly tolerance?: string
  readonly at?: string
  readonly method?: string
  readonly url?: string
  readonly explain?: boolean
  readonly otherSecret?: readonly string[]
  readonly json?: boolean
}

const HEADERS_BYTES_MAX = 256 * 1024

export function verifyCommand(context: Context): Command {
  const command = new Command('verify')
    .description('Verifies a request from its headers and its body, and says why not. Needs no server.')
    .argument('[FILE]', 'the raw body, byte for byte; - for stdin', '-')
  return addSchemeOptions(command)
    .option('--setting <NAME=VALUE>', 'what the provider needs besides secrets, repeatable', collectWhole)
    .option('--header <LINE>', 'a header of the request, `name: value`, repeatable', collectWhole)
    .option('--headers-file <FILE>', 'all headers: one `name: value` a line, or a JSON object')
    .option(
      '--tolerance <SECONDS>',
      'accepted distance of the time stamp from the clock (default: of the scheme)',
    )
    .option('--at <TIME>', 'verify as of this time, for a request of the past (default: now)')
    .option('--method <METHOD>', 'of the request, for schemes that sign it')
    .option('--url <URL>', 'as the provider calls it, for schemes that sign it')
    .option('--explain', 'when it is refused: find the known mistake that would have made it fit')
    .option(
      '--other-secret <SECRET>',
      'with --explain: of the test environment, of before …, repeatable',
      collectWhole,
    )
    .option('--json', 'the result as JSON')
    .addHelpText('after', EXAMPLES)
    .action((file: string, flags: VerifyFlags) => verify(file, flags, context))
}

const EXAMPLES = `
Exits with 0 when the signature fits, and with 6 when it does not.

Examples:
  posthorn verify --provider github --secret-file secret.txt --headers-file headers.txt --explain body.json
  posthorn sign event.json > headers.txt && posthorn verify --headers-file headers.txt event.json
`

async function verify(file: string, flags: VerifyFlags, context: Context): Promise<void> {
  const { output, clock } = context
  const now = flags.at === undefined ? clock.now() : parseInstant('--at', flags.at, clock.now(), 'ago')
  const provider = await providerOf(flags, context)
  const request: VerifyRequest = {
    headers: await headersOf(flags, context),
    body: await readBytes(file, LIMITS.inboundBodyBytesMax, context),
    method: flags.method,
    url: flags.url,
  }
  const secrets = await secretsOf(flags, provider, context)
  await withFetchedKeys(provider, context, async (fetchKey) => {
    const options: ProviderReceiverOptions = {
      ...{ provider, secrets, fetchKey, clock: () => now },
      ...{ toleranceS: toleranceOf(flags.tolerance), maxBodyBytes: LIMITS.inboundBodyBytesMax },
      settings: ownSettings(provider, flags.setting),
    }
    const result = await createProviderReceiver(options).verify(request)
    if (!result.ok) return await tellRefused(result, request, options, flags, context)
    if (flags.json) return await output.json(verifiedJson(result))
    await output.line(output.paint('green', 'The signature fits.'))
    await output.lines(fieldLines(verifiedFields(result, now)).map((line) => `  ${line}`))
  })
}

async function tellRefused(
  { reason, detail }: ProviderResult & { ok: false },
  request: VerifyRequest,
  options: ProviderReceiverOptions,
  flags: VerifyFlags,
  { output }: Context,
): Promise<never> {
  const sentence = REFUSAL_REASONS[reason]
  const diagnoses = flags.explain ? await explain(request, options, flags.otherSecret ?? []) : null
  if (flags.json) await output.json({ ok: false, reason, sentence, detail: detail ?? null, diagnoses })
  const lines = [
    `Refused: ${reason}. ${sentence}`,
    ...(detail === undefined ? [] : [`  Found: ${detail}`]),
    ...(diagnoses === null ? ['  Add --explain to look for the mistake.'] : diagnosisLines(diagnoses)),
  ]
  throw new CliError('refused', lines.join('\n'), { problem: { code: reason, title: sentence } })
}

/** By the provider's own names: `webhook_id` is what it calls `webhookId`. */
function ownSettings(provider: Provider, lines: readonly string[] | undefined) {
  const settings = snakeSettings(settingsOf(lines) ?? {})
  const flaws = settingFlaws(provider, settings)
  if (flaws.length > 0)
    throw usageError(
      `--setting ${flaws.map(({ path, message }) => `${path.slice('/settings/'.length)} ${message}`).join('; ')}.`,
    )
  return providerSettings(provider, settings)
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

function verifiedJson(event: ProviderEvent): object {
  return {
    ok: true,
    id: event.id ?? null,
    type: event.type ?? null,
    timestamp: event.timestamp === undefined ? null : isoOf(event.timestamp),
    secret_index: event.secretIndex,
    body_bytes: event.body.byteLength,
  }
}

function verifiedFields(event: ProviderEvent, now: number): Array<[string, string]> {
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

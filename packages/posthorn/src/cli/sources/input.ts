import { type Command, Option } from 'commander'
import type { Body } from '../../api/contract/contract.ts'
import type { Context } from '../context.ts'
import { usageError } from '../exit.ts'
import { collect, collectWhole, given, rateLimitOf, wholeNumberOf } from '../flags.ts'
import { readJsonObject } from '../input.ts'
import { addSecretOptions, givenSecrets, type SecretFlags } from '../secrets.ts'
import { durationMs } from '../text/time.ts'

type Patch = Body<'updateSource'>
type YesNo = 'yes' | 'no'

/** What a source is made of, on the command line. */
export interface SourceFlags extends SecretFlags {
  readonly provider?: string
  readonly scheme?: string
  readonly setting?: readonly string[]
  readonly description?: string
  readonly verifyTokenEnv?: string
  readonly allowedOrigin?: readonly string[]
  readonly allowedRate?: string
  readonly tolerance?: string
  readonly allowIp?: readonly string[]
  readonly httpsOnly?: YesNo
  readonly rateLimit?: string
  readonly addressRateLimit?: string
  readonly bodyLimit?: string
  readonly publicUrl?: string
  readonly dedupe?: string
  readonly expectedTenant?: string
  readonly checkSchemas?: YesNo
  readonly testEvents?: 'handle' | 'skip'
  readonly active?: YesNo
  readonly from?: string
}

export function addSourceOptions(command: Command): Command {
  const yesNo = (flags: string, description: string) => new Option(flags, description).choices(['yes', 'no'])
  return addSecretOptions(
    command
      .option('--provider <NAME>', 'a preset: see posthorn providers')
      .option('--scheme <FILE>', 'a scheme of your own, as JSON; instead of --provider'),
  )
    .option('--setting <NAME=VALUE>', 'what the provider needs besides secrets, repeatable', collectWhole)
    .option('--description <TEXT>')
    .option('--allow-ip <CIDR>', 'let in only these; repeatable, or with commas; `all` lifts it', collect)
    .addOption(yesNo('--https-only <YES|NO>', 'answer plain http with 403'))
    .option('--rate-limit <N/SECONDS>', 'of all requests, such as 1000/60; `none` takes it away')
    .option('--address-rate-limit <N/SECONDS>', 'of the requests from one address; `none` takes it away')
    .option('--body-limit <BYTES>', 'larger requests are answered 413')
    .option('--tolerance <SECONDS>', 'how far a time stamp may be off; `none`: as the scheme says')
    .option('--public-url <URL>', 'as the provider calls it, for schemes that sign the URL; `none`')
    .option('--dedupe <SPAN>', 'how long ids are remembered: 12h, 30d')
    .option('--expected-tenant <ID>', 'what tenant.id in the body must be; `none`')
    .addOption(yesNo('--check-schemas <YES|NO>', 'refuse what does not fit the schema of its event type'))
    .addOption(new Option('--test-events <WHAT>', 'what has data.test = true').choices(['handle', 'skip']))
    .option('--verify-token-env <NAME>', "the variable with the text typed into the provider's page (Meta)")
    .option('--allowed-origin <ORIGIN>', 'senders of CloudEvents, repeatable', collect)
    .option('--allowed-rate <COUNT>', 'requests a minute that such a sender may send; `none`')
    .addOption(yesNo('--active <YES|NO>', 'no: requests are answered 404'))
    .option('--from <FILE>', 'the fields of the API as JSON, - for stdin; flags go before them')
}

/** The fields that were given, as the API names them. */
export async function sourceFields(flags: SourceFlags, context: Context): Promise<Patch> {
  return {
    ...(flags.from === undefined ? {} : await readJsonObject('--from', flags.from, 'a source', context)),
    ...given({
      provider: flags.provider,
      scheme:
        flags.scheme === undefined
          ? undefined
          : await readJsonObject('--scheme', flags.scheme, 'a signature scheme', context),
      settings: settingsOf(flags.setting),
      secrets: await givenSecrets(flags, context),
      verify_token: verifyTokenOf(flags.verifyTokenEnv, context),
      description: flags.description,
      allowed_ips: flags.allowIp?.filter((one) => one !== 'all'),
      https_only: yes(flags.httpsOnly),
      rate_limit: rateLimitOf('--rate-limit', flags.rateLimit),
      address_rate_limit: rateLimitOf('--address-rate-limit', flags.addressRateLimit),
      body_limit_bytes: wholeNumberOf('--body-limit', flags.bodyLimit),
      tolerance_s: orNone(flags.tolerance, (text) => wholeNumberOf('--tolerance', text)),
      public_url: orNone(flags.publicUrl, (text) => text),
      dedupe_s: secondsOf('--dedupe', flags.dedupe),
      expected_tenant: orNone(flags.expectedTenant, (text) => text),
      check_schemas: yes(flags.checkSchemas),
      test_events: flags.testEvents,
      allowed_origins: flags.allowedOrigin as string[] | undefined,
      allowed_rate: orNone(flags.allowedRate, (text) => wholeNumberOf('--allowed-rate', text)),
      active: yes(flags.active),
    }),
  } as Patch
}

/** A span of whole seconds. */
export function secondsOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const ms = durationMs(text)
  if (ms === null)
    throw usageError(`${option} ${JSON.stringify(text)} must be a span such as 90s, 12h or 7d.`)
  return Math.round(ms / 1000)
}

/** The same name several times makes a list. */
export function settingsOf(
  lines: readonly string[] | undefined,
): Record<string, string | string[]> | undefined {
  if (lines === undefined) return undefined
  const settings = new Map<string, string | string[]>()
  for (const line of lines) {
    const at = line.indexOf('=')
    if (at < 1) throw usageError(`--setting ${JSON.stringify(line)} must be NAME=VALUE.`)
    const [name, value] = [line.slice(0, at), line.slice(at + 1)]
    const before = settings.get(name)
    settings.set(name, before === undefined ? value : [before, value].flat())
  }
  return Object.fromEntries(settings)
}

function verifyTokenOf(name: string | undefined, { env }: Context): string | undefined {
  if (name === undefined) return undefined
  const value = env[name]
  if (!value) throw usageError(`--verify-token-env ${name}: the variable ${name} is not set, or empty.`)
  return value
}

function yes(given: YesNo | undefined): boolean | undefined {
  return given === undefined ? undefined : given === 'yes'
}

function orNone<T>(text: string | undefined, read: (text: string) => T): T | null | undefined {
  if (text === undefined) return undefined
  return text === 'none' ? null : read(text)
}

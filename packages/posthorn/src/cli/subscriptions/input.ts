import { type Command, Option } from 'commander'
import type { Body } from '../../api/contract/contract.ts'
import { LIMITS } from '../../domain/limits.ts'
import { RETRY_PRESETS } from '../../domain/retry-policy.ts'
import { BODY_FORMATS, SIGNATURE_SCHEMES } from '../../domain/subscription.ts'
import type { Context } from '../context.ts'
import { usageError } from '../exit.ts'
import { collect, collectWhole, given, jsonOf, rateLimitOf, wholeNumberOf } from '../flags.ts'
import { readJsonObject } from '../input.ts'
import { parseHeaders } from '../verify/headers.ts'

type Patch = Body<'updateSubscription'>

/** What a subscription is made of, on the command line. */
export interface SubscriptionFlags {
  readonly name?: string
  readonly event?: readonly string[]
  readonly source?: readonly string[]
  readonly description?: string
  readonly ownerEmail?: string
  readonly header?: readonly string[]
  readonly timeoutMs?: string
  readonly maxInFlight?: string
  readonly rateLimit?: string
  readonly retry?: string
  readonly onClientError?: 'retry' | 'drop'
  readonly scheme?: (typeof SIGNATURE_SCHEMES)[number]
  readonly headerPrefix?: string
  readonly format?: (typeof BODY_FORMATS)[number]
  readonly from?: string
}

export function addSubscriptionOptions(command: Command): Command {
  const presets = Object.keys(RETRY_PRESETS).join(', ')
  return command
    .option('--name <NAME>', 'what people call it (default: the host of the URL)')
    .option('--event <FILTER>', "type, `user.*` or '*'; repeatable, or with commas", collect)
    .option(
      '--source <SOURCE>',
      'events of this source, id or slug, instead of published ones; repeatable; `*` for all, `none`',
      collect,
    )
    .option('--description <TEXT>')
    .option(
      '--owner-email <ADDRESS>',
      'who hears when it begins to fail, is disabled, recovers; none: nobody',
    )
    .option('--header <LINE>', 'sent with every attempt, `name: value`, repeatable', collectWhole)
    .option('--timeout-ms <MS>', `deadline of one attempt, at most ${LIMITS.timeoutMsMax}`)
    .option('--max-in-flight <COUNT>', 'attempts at once')
    .option('--rate-limit <N/SECONDS>', 'attempts in so many seconds, such as 100/60; `none` takes it away')
    .option('--retry <SCHEDULE>', `${presets}; or delays in seconds such as 1,10,60; or JSON`)
    .addOption(new Option('--on-client-error <WHAT>', 'what a 4xx answer means').choices(['retry', 'drop']))
    .addOption(new Option('--scheme <SCHEME>', 'signature scheme').choices(SIGNATURE_SCHEMES))
    .option('--header-prefix <PREFIX>', 'start of the names of the signature headers')
    .addOption(new Option('--format <FORMAT>', 'what the body is made of').choices(BODY_FORMATS))
    .option('--from <FILE>', 'the fields of the API as JSON, - for stdin; flags go before them')
}

/** The fields that were given, as the API names them. */
export async function subscriptionFields(flags: SubscriptionFlags, context: Context): Promise<Patch> {
  const signature = given({ scheme: flags.scheme, header_prefix: flags.headerPrefix })
  return {
    ...(flags.from === undefined
      ? {}
      : await readJsonObject('--from', flags.from, 'a subscription', context)),
    ...given({
      name: flags.name,
      events: flags.event as string[] | undefined,
      source: sourceOf(flags.source),
      description: flags.description,
      owner_email: flags.ownerEmail === 'none' ? null : flags.ownerEmail,
      headers:
        flags.header === undefined ? undefined : Object.fromEntries(parseHeaders(flags.header.join('\n'))),
      timeout_ms: wholeNumberOf('--timeout-ms', flags.timeoutMs),
      max_in_flight: wholeNumberOf('--max-in-flight', flags.maxInFlight),
      rate_limit: rateLimitOf('--rate-limit', flags.rateLimit),
      retry: retryOf(flags.retry),
      on_client_error: flags.onClientError,
      signature: Object.keys(signature).length === 0 ? undefined : signature,
      format: flags.format,
    }),
  } as Patch
}

function sourceOf(names: readonly string[] | undefined): string[] | null | undefined {
  if (names === undefined) return undefined
  return names.length === 1 && names[0] === 'none' ? null : [...names]
}

function retryOf(text: string | undefined): Patch['retry'] | undefined {
  if (text === undefined || Object.hasOwn(RETRY_PRESETS, text)) return text as Patch['retry']
  if (text.startsWith('{') || text.startsWith('[')) return jsonOf('--retry', text) as Patch['retry']
  const delays = text === 'never' ? [] : text.split(',').map((one) => one.trim())
  if (!delays.every((one) => /^\d+(?:\.\d+)?$/.test(one)))
    throw usageError(
      `--retry ${JSON.stringify(text)} must be ${Object.keys(RETRY_PRESETS).join(', ')}, never, delays in seconds such as 1,10,60, or JSON.`,
    )
  return delays.map(Number)
}

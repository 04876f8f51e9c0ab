import {
  GENERIC_SCHEME_NAMES,
  genericScheme,
  github,
  isOutboundSchemeName,
  OUTBOUND_SCHEME_NAMES,
  outboundScheme,
  type SignatureScheme,
  standardWebhooks,
  stripe,
} from '@posthorn/receiver'
import { type Command, Option } from 'commander'
import type { Context } from './context.ts'
import { usageError } from './exit.ts'
import { readBytes } from './input.ts'

const PROVIDERS: Readonly<Record<string, () => SignatureScheme>> = {
  'standard-webhooks': () => standardWebhooks({ svixHeaders: true }),
  stripe,
  github,
}

export const SCHEME_NAMES = [...OUTBOUND_SCHEME_NAMES, ...Object.keys(PROVIDERS)]

const SECRET_BYTES_MAX = 4096

export interface SchemeFlags {
  readonly scheme: string
  readonly headerPrefix?: string
  readonly signatureHeader?: string
  readonly timestampHeader?: string
  readonly secret?: readonly string[]
  readonly secretFile?: string
}

/** Adds what names a scheme and its secrets. */
export function addSchemeOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--scheme <NAME>',
        `${SCHEME_NAMES.join(', ')}; or a generic one with --signature-header`,
      ).default('standard'),
    )
    .option('--header-prefix <PREFIX>', 'start of the header names of timestamped, prefixed, split and plain')
    .option('--signature-header <NAME>', `for the generic schemes ${GENERIC_SCHEME_NAMES.join(', ')}`)
    .option('--timestamp-header <NAME>', 'for the generic schemes that send the time in a header of its own')
    .option(
      '--secret <SECRET>',
      'signing secret, repeatable; better given as a variable (POSTHORN_SIGNING_SECRET)',
      (value: string, all: readonly string[] | undefined) => [...(all ?? []), value],
    )
    .option('--secret-file <FILE>', 'signing secrets from a file, one a line')
}

/** @throws CliError `usage` for a name that nobody knows */
export function schemeOf(flags: SchemeFlags): SignatureScheme {
  const { scheme: name, signatureHeader, timestampHeader, headerPrefix } = flags
  if (signatureHeader !== undefined) {
    const generic = GENERIC_SCHEME_NAMES.find((one) => one === name)
    if (generic === undefined)
      throw usageError(
        `--signature-header goes with a generic scheme: ${GENERIC_SCHEME_NAMES.join(', ')}; not with ${JSON.stringify(name)}.`,
      )
    return genericScheme(generic, { header: signatureHeader, timestampHeader })
  }
  if (isOutboundSchemeName(name)) return outboundScheme(name, { headerPrefix })
  const make = Object.hasOwn(PROVIDERS, name) ? PROVIDERS[name] : undefined
  if (make === undefined)
    throw usageError(
      `--scheme ${JSON.stringify(name)} is not known. Known: ${SCHEME_NAMES.join(', ')}. With --signature-header also: ${GENERIC_SCHEME_NAMES.join(', ')}.`,
    )
  return make()
}

/** From the flags, a file or the environment, in this order. @throws CliError `usage` when there is none */
export async function secretsOf(flags: SchemeFlags, context: Context): Promise<readonly string[]> {
  if (flags.secret !== undefined) return flags.secret
  const fromFile = flags.secretFile
    ? Buffer.from(await readBytes(flags.secretFile, SECRET_BYTES_MAX, context)).toString('utf8')
    : context.env.POSTHORN_SIGNING_SECRET
  const secrets = (fromFile ?? '').split('\n').map((line) => line.trim())
  const given = secrets.filter((line) => line !== '')
  if (given.length === 0)
    throw usageError(
      'No secret was given: set the variable POSTHORN_SIGNING_SECRET, or use --secret-file or --secret.',
    )
  return given
}

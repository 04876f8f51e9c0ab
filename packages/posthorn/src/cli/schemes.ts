import {
  GENERIC_SCHEME_NAMES,
  genericScheme,
  isOutboundSchemeName,
  OUTBOUND_SCHEME_NAMES,
  outboundScheme,
  type SignatureScheme,
} from '@posthorn/receiver'
import { findProvider, type Provider, parseCustomScheme, schemeProvider } from '@posthorn/receiver/providers'
import type { Command } from 'commander'
import type { Context } from './context.ts'
import { usageError } from './exit.ts'
import { readJsonObject } from './input.ts'
import { addSecretOptions, givenSecrets, linesOf, type SecretFlags } from './secrets.ts'

const DEFAULT_SCHEME = 'standard'

export interface SchemeFlags extends SecretFlags {
  readonly provider?: string
  readonly scheme?: string
  readonly headerPrefix?: string
  readonly signatureHeader?: string
  readonly timestampHeader?: string
}

/** Adds what names a provider or a scheme, and its secrets. */
export function addSchemeOptions(command: Command): Command {
  return addSecretOptions(
    command
      .option('--provider <NAME>', 'a preset: see posthorn providers')
      .option(
        '--scheme <NAME|FILE>',
        `${OUTBOUND_SCHEME_NAMES.join(', ')}; a JSON file with one of your own; or a generic one with --signature-header (default: ${DEFAULT_SCHEME})`,
      )
      .option(
        '--header-prefix <PREFIX>',
        'start of the header names of timestamped, prefixed, split and plain',
      )
      .option('--signature-header <NAME>', `for the generic schemes ${GENERIC_SCHEME_NAMES.join(', ')}`)
      .option(
        '--timestamp-header <NAME>',
        'for the generic schemes that send the time in a header of its own',
      ),
  )
}

/** The preset, or a provider of nothing but the scheme. @throws CliError `usage` for a name that nobody knows */
export async function providerOf(flags: SchemeFlags, context: Context): Promise<Provider> {
  const { provider: name, scheme, signatureHeader } = flags
  if (name === undefined) return schemeProvider(await schemeOf(flags, context))
  if (scheme !== undefined || signatureHeader !== undefined)
    throw usageError('--provider and --scheme exclude each other.')
  const provider = findProvider(name)
  if (provider === undefined)
    throw usageError(`--provider ${JSON.stringify(name)} is not known: posthorn providers lists them.`)
  return provider
}

async function schemeOf(flags: SchemeFlags, context: Context): Promise<SignatureScheme> {
  const { scheme: name = DEFAULT_SCHEME, signatureHeader, timestampHeader, headerPrefix } = flags
  if (signatureHeader !== undefined) {
    const generic = GENERIC_SCHEME_NAMES.find((one) => one === name)
    if (generic === undefined)
      throw usageError(
        `--signature-header goes with a generic scheme: ${GENERIC_SCHEME_NAMES.join(', ')}; not with ${JSON.stringify(name)}.`,
      )
    return genericScheme(generic, { header: signatureHeader, timestampHeader })
  }
  if (isOutboundSchemeName(name)) return outboundScheme(name, { headerPrefix })
  if (/[./]/.test(name)) return await schemeFrom(name, context)
  if (findProvider(name) !== undefined)
    throw usageError(`--scheme ${JSON.stringify(name)} is a provider: use --provider ${name}.`)
  throw usageError(
    `--scheme ${JSON.stringify(name)} is not known. Known: ${OUTBOUND_SCHEME_NAMES.join(', ')}; or the path of a JSON file. With --signature-header also: ${GENERIC_SCHEME_NAMES.join(', ')}.`,
  )
}

async function schemeFrom(path: string, context: Context): Promise<SignatureScheme> {
  const json = await readJsonObject('--scheme', path, 'a signature scheme', context)
  const parsed = parseCustomScheme({ name: 'own', ...json })
  if (parsed.ok) return parsed.scheme
  const flaws = parsed.flaws.map((flaw) => `\n  ${flaw.path || 'the scheme'} ${flaw.message}`)
  throw usageError(`--scheme ${path} does not fit:${flaws.join('')}`)
}

/** From the flags or the environment, in this order. @throws CliError `usage` when there is none but one is needed */
export async function secretsOf(
  flags: SchemeFlags,
  { code }: Provider,
  context: Context,
): Promise<readonly string[]> {
  const given = (await givenSecrets(flags, context)) ?? linesOf(context.env.POSTHORN_SIGNING_SECRET ?? '')
  // Its keys are fetched.
  if (code?.keyUrls !== undefined) return []
  if (given.length === 0)
    throw usageError(
      'No secret was given: set the variable POSTHORN_SIGNING_SECRET, or use --secret-file, --secret-env or --secret.',
    )
  return given
}

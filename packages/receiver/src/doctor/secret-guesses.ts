import type { KeyFormat } from '../schemes/algorithm.ts'
import type { SignatureScheme } from '../schemes/scheme.ts'
import type { Guess } from './guess.ts'

/** A secret that is not configured here, but that its owner has: of the test environment, or one of before. */
export interface KnownSecret {
  /** Such as `test`, `live` or `previous`: it is told, the secret is not. */
  readonly label: string
  readonly secret: string
}

const FORMATS: readonly KeyFormat[] = ['text', 'whsec', 'base64', 'hex']
/** Text of the secret without a prefix such as `whsec_`, which some vendors' text keys have and others have not. */
const PREFIX = /^(?:whsec|sk|v1)_/

export function* secretGuesses(
  scheme: SignatureScheme,
  secrets: readonly string[],
  others: readonly KnownSecret[],
): Generator<Guess> {
  for (const secret of secrets.slice(0, 8)) {
    const trimmed = secret.trim()
    if (trimmed !== secret)
      yield changed(
        'secret_whitespace',
        'The signature fits the secret without the white space round it.',
        trimmed,
      )
    const bare = /^(["'`])(.*)\1$/s.exec(trimmed)?.[2]
    if (bare)
      yield changed('secret_quotes', 'The signature fits the secret without the quotation marks.', bare)
    yield* formatGuesses(scheme, trimmed)
  }
  for (const { label, secret } of others.slice(0, 32))
    yield changed('secret_other', `The signature fits the secret "${label}".`, secret.trim())
}

function* formatGuesses(scheme: SignatureScheme, secret: string): Generator<Guess> {
  if (!FORMATS.includes(scheme.key) || scheme.algorithm === 'ed25519') return
  const wide = { keyBytes: { min: 1, max: 4096 } }
  for (const key of FORMATS)
    if (key !== scheme.key)
      yield {
        ...changed(
          'secret_encoding',
          `The signature fits the secret read as ${key}, the scheme says ${scheme.key}.`,
          secret,
        ),
        change: { secrets: [secret], scheme: { key, ...wide } },
      }
  const bare = secret.replace(PREFIX, '')
  if (bare === secret) return
  yield {
    ...changed('secret_encoding', 'The signature fits the text of the secret without its prefix.', bare),
    change: { secrets: [bare], scheme: { key: 'text', ...wide } },
  }
}

function changed(cause: Guess['cause'], detail: string, secret: string): Guess {
  return { cause, detail, change: { secrets: [secret] } }
}

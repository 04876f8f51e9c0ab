import type { Algorithm } from '../schemes/algorithm.ts'
import type { SignatureScheme } from '../schemes/scheme.ts'
import { schemeHeaderNames } from '../schemes/scheme.ts'
import { collectHeaders, type HeadersInput } from '../verify/headers.ts'
import type { VerifyRequest } from '../verify/result.ts'
import type { Guess } from './guess.ts'

const ALGORITHMS: readonly Algorithm[] = ['hmac-sha256', 'hmac-sha1', 'hmac-sha512', 'sha256']
const ALIASES = ['webhook-', 'svix-'] as const
const SIGNATURE_NAME = /signature|hmac|token|authorization/i

/** Mistakes in the description: names, encodings, algorithms. */
export function* schemeGuesses(scheme: SignatureScheme, request: VerifyRequest): Generator<Guess> {
  const pairs = headerPairs(request.headers)
  yield* aliasGuesses(scheme, pairs)
  yield* doubledGuesses(scheme, pairs)
  yield* headerGuesses(scheme, pairs)
  if (scheme.algorithm !== 'token') yield* formGuesses(scheme)
}

function* aliasGuesses(scheme: SignatureScheme, pairs: readonly [string, string][]): Generator<Guess> {
  for (const [own, other] of [ALIASES, [ALIASES[1], ALIASES[0]] as const]) {
    if (!scheme.header.toLowerCase().startsWith(own)) continue
    if (!pairs.some(([name]) => name.startsWith(other))) continue
    const headers = pairs
      .filter(([name]) => !name.startsWith(own))
      .map(([name, value]): [string, string] => [
        name.startsWith(other) ? own + name.slice(other.length) : name,
        value,
      ])
    yield {
      cause: 'header_alias',
      detail: `The headers begin with "${other}", the scheme wants "${own}".`,
      change: { request: { headers } },
    }
  }
}

function* doubledGuesses(scheme: SignatureScheme, pairs: readonly [string, string][]): Generator<Guess> {
  const wanted = schemeHeaderNames(scheme)
  const first = new Map<string, string>()
  let doubled = ''
  for (const [name, value] of pairs) {
    const [one = '', ...more] = wanted.includes(name) ? value.split(', ') : [value]
    if (wanted.includes(name) && (more.length > 0 || first.has(name))) doubled = name
    if (!first.has(name)) first.set(name, one)
  }
  if (doubled === '') return
  yield {
    cause: 'header_duplicated',
    detail: `The signature fits the first of the values of "${doubled}".`,
    change: { request: { headers: [...first] } },
  }
}

function* headerGuesses(scheme: SignatureScheme, pairs: readonly [string, string][]): Generator<Guess> {
  const own = scheme.header.toLowerCase()
  const others = [...new Set(pairs.map(([name]) => name))].filter(
    (name) => name !== own && SIGNATURE_NAME.test(name),
  )
  for (const header of others.slice(0, 8))
    for (const change of [{}, ...otherForms(scheme)])
      yield {
        cause: 'header_name',
        detail: `The signature stands in the header "${header}"${told(change)}.`,
        change: { scheme: { header, ...change } },
      }
}

function* formGuesses(scheme: SignatureScheme): Generator<Guess> {
  for (const change of otherForms(scheme)) {
    const cause = change.algorithm ? 'algorithm' : change.encoding ? 'signature_encoding' : 'signature_prefix'
    yield { cause, detail: `The signature fits${told(change)}.`, change: { scheme: change } }
  }
}

type FormChange = Partial<Pick<SignatureScheme, 'algorithm' | 'encoding' | 'form'>>

/** Other ways in which the same bytes are signed and written: one of them changed, the prefix with the algorithm. */
function otherForms(scheme: SignatureScheme): FormChange[] {
  const changes: FormChange[] = []
  const encoding = scheme.encoding === 'hex' ? 'base64' : 'hex'
  changes.push({ encoding })
  const prefixes = scheme.form.form === 'value' ? ['', 'sha256=', 'sha1=', 'v0=', 'v1='] : []
  for (const prefix of prefixes) changes.push({ form: { form: 'value', prefix } })
  if (!ALGORITHMS.includes(scheme.algorithm)) return changes
  for (const algorithm of ALGORITHMS) {
    if (algorithm === scheme.algorithm) continue
    changes.push({ algorithm })
    const prefix = `${algorithm.replace('hmac-', '')}=`
    if (scheme.form.form === 'value') changes.push({ algorithm, form: { form: 'value', prefix } })
  }
  return changes
}

function told({ algorithm, encoding, form }: FormChange): string {
  const parts: string[] = []
  if (algorithm) parts.push(`with the algorithm ${algorithm}`)
  if (encoding) parts.push(`read as ${encoding}`)
  if (form?.form === 'value')
    parts.push(form.prefix ? `with the prefix "${form.prefix}"` : 'without a prefix')
  return parts.length === 0 ? '' : ` ${parts.join(' and ')}`
}

/** Lower-case names with their values, of any kind of input; nothing of what is not readable. */
function headerPairs(headers: HeadersInput): [string, string][] {
  const names = new Set<string>()
  if (typeof headers !== 'object' || headers === null) return []
  if (Symbol.iterator in headers)
    for (const entry of headers as Iterable<unknown>) add(names, (entry as unknown[])?.[0])
  else for (const name of Object.keys(headers)) add(names, name)
  const found = collectHeaders(headers, names)
  return [...(found ?? [])].flatMap(([name, values]) =>
    values.map((value): [string, string] => [name, value]),
  )
}

function add(names: Set<string>, name: unknown): void {
  if (typeof name === 'string' && names.size < 200) names.add(name.toLowerCase())
}

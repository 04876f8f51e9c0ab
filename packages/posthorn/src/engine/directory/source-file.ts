import { type Flaw, PosthornError } from '../../domain/error.ts'
import { pointer } from '../../domain/pointer.ts'
import type { SourceInput } from '../receive/use-cases.ts'
import { flawAt, isObject, refuse } from './flaws.ts'

/** Fields as `POST /sources` has them, and what they are called inside. Their values are checked where they are declared. */
const FIELDS: Readonly<Record<string, keyof SourceInput>> = {
  slug: 'slug',
  description: 'description',
  provider: 'provider',
  scheme: 'scheme',
  settings: 'settings',
  secrets: 'secrets',
  verify_token: 'verifyToken',
  allowed_origins: 'allowedOrigins',
  allowed_rate: 'allowedRate',
  tolerance_s: 'toleranceS',
  body_limit_bytes: 'bodyLimitBytes',
  allowed_ips: 'allowedIps',
  https_only: 'httpsOnly',
  rate_limit: 'rateLimit',
  address_rate_limit: 'addressRateLimit',
  public_url: 'publicUrl',
  dedupe_s: 'dedupeS',
  expected_tenant: 'expectedTenant',
  check_schemas: 'checkSchemas',
  test_events: 'testEvents',
  active: 'active',
}

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * The sources that a configuration file declares, for `sources.declare`: `{ "sources": [ … ] }`, each as `POST /sources`
 * takes it. A secret or the verify token may be `{ "env": "NAME" }`: the text of that environment variable.
 *
 * @example
 * { "sources": [{ "slug": "stripe", "provider": "stripe", "secrets": [{ "env": "STRIPE_WEBHOOK_SECRET" }] }] }
 * @throws PosthornError `config_invalid` with the place of each flaw; never with a secret
 */
export function parseSourcesFile(text: string, environment: Environment): SourceInput[] {
  const json = parsed(text)
  const list = isObject(json) ? json.sources : undefined
  const others = isObject(json) ? Object.keys(json).filter((key) => key !== 'sources') : []
  const flaws = others.flatMap((key) => flawAt('is not known here; known is "sources"', key))
  if (!Array.isArray(list))
    flaws.push(...flawAt('must be a list of sources, as in { "sources": [ … ] }', 'sources'))
  const inputs = (Array.isArray(list) ? list : []).map((entry, index) =>
    readEntry(entry, `/sources/${index}`, environment, flaws),
  )
  refuse(flaws, 'The sources file does not fit', 'config_invalid')
  return inputs
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    // The parser's message may quote the text, and with it a secret: only the place is told.
    const at = /at position \d+(?: \(line \d+ column \d+\))?|Unexpected end/.exec(String(error))?.[0]
    throw new PosthornError(
      'config_invalid',
      `The sources file is not valid JSON${at === undefined ? '' : ` (${at})`}.`,
    )
  }
}

function readEntry(entry: unknown, path: string, environment: Environment, flaws: Flaw[]): SourceInput {
  if (!isObject(entry)) {
    flaws.push({ path, message: 'must be an object' })
    return { slug: '' }
  }
  const fields = Object.entries(entry).flatMap(([key, value]) => {
    const field = Object.hasOwn(FIELDS, key) ? FIELDS[key] : undefined
    const at = path + pointer(key)
    if (field === undefined) {
      flaws.push({ path: at, message: `is not known; known: ${Object.keys(FIELDS).join(', ')}` })
      return []
    }
    return [[field, readValue(field, value, at, environment, flaws)] as const]
  })
  return Object.fromEntries(fields) as unknown as SourceInput
}

function readValue(
  field: keyof SourceInput,
  value: unknown,
  path: string,
  environment: Environment,
  flaws: Flaw[],
): unknown {
  if (field === 'secrets' && Array.isArray(value))
    return value.map((one, index) => secretText(one, `${path}/${index}`, environment, flaws))
  if (field === 'verifyToken') return secretText(value, path, environment, flaws)
  if ((field === 'rateLimit' || field === 'addressRateLimit') && isObject(value))
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key === 'window_s' ? 'windowS' : key, inner]),
    )
  return value
}

/** A text stays; `{ "env": NAME }` becomes the variable's text, without the line break that many files end with. */
function secretText(value: unknown, path: string, environment: Environment, flaws: Flaw[]): unknown {
  if (!isObject(value)) return value
  const { env: name, ...others } = value
  if (typeof name !== 'string' || name === '' || Object.keys(others).length > 0) {
    flaws.push({ path, message: 'must be a text or { "env": NAME }' })
    return ''
  }
  const text = Object.hasOwn(environment, name) ? environment[name]?.replace(/\r?\n$/, '') : undefined
  if (text === undefined || text === '')
    flaws.push({
      path: `${path}/env`,
      message: `names the environment variable ${JSON.stringify(name)}, which is ${text === '' ? 'empty' : 'not set'}`,
    })
  return text ?? ''
}

import {
  findProvider,
  PROVIDERS,
  type Provider,
  type ProviderSettings,
  parseCustomScheme,
  schemeProvider,
} from '@posthorn/receiver/providers'
import { type Flaw, PosthornError } from '../../domain/error.ts'
import type { Source } from '../../domain/source.ts'
import { flawAt, refuse } from './flaws.ts'
import { nearNames } from './near-names.ts'

type Kind = Pick<Source, 'slug' | 'provider' | 'scheme'>

/** How a source's requests are verified: by a preset, or by the scheme that describes them. @throws PosthornError `invalid_request` */
export function providerOf({ slug, provider, scheme }: Kind): Provider {
  if (provider !== null) return preset(provider)
  // Its name is for messages only: the slug, unless it says one.
  const parsed = parseCustomScheme({ name: slug, ...scheme })
  if (parsed.ok) return schemeProvider(parsed.scheme)
  const flaws = parsed.flaws.map(({ path, message }) => ({ path: pointerOf(path), message }))
  refuse(flaws, 'The scheme does not fit')
  throw new PosthornError('internal', 'A scheme was refused without a reason.')
}

function preset(name: string): Provider {
  const found = findProvider(name)
  if (found) return found
  const names = Object.keys(PROVIDERS)
  const near = nearNames(name, names)
  const hint =
    near.length > 0
      ? `did you mean ${near.map((one) => JSON.stringify(one)).join(' or ')}?`
      : `known are ${names.join(', ')}; describe others with "scheme"`
  const flaws = flawAt(`is no provider that is known here; ${hint}`, 'provider')
  throw new PosthornError('invalid_request', `There is no provider ${JSON.stringify(name)}: ${hint}`, {
    flaws,
  })
}

/** `timestamp.unit` as `/scheme/timestamp/unit`, `signed[2]` as `/scheme/signed/2`. */
function pointerOf(path: string): string {
  const steps = path.split(/[.[\]]+/).filter((step) => step !== '')
  return ['', 'scheme', ...steps].join('/')
}

/** Settings by the provider's own names: `webhook_id` is what it calls `webhookId`. */
export function providerSettings(provider: Provider, settings: Source['settings']): ProviderSettings {
  const known = provider.settings.map(({ name }) => [snake(name), name] as const)
  const own = new Map(known)
  return Object.fromEntries(
    Object.entries(settings).flatMap(([key, value]) => {
      const name = own.get(key)
      return name === undefined ? [] : [[name, value]]
    }),
  )
}

const SETTING_CHARS = 1000
const SETTING_VALUES = 100

/** All that is wrong with the settings of a provider. @param settings keys in snake_case */
export function settingFlaws(provider: Provider, settings: Source['settings']): Flaw[] {
  const known = provider.settings.map(({ name }) => snake(name))
  const list = known.length === 0 ? 'it has none' : `it knows: ${known.join(', ')}`
  const unknown = Object.keys(settings).flatMap((key) =>
    known.includes(key) ? [] : flawAt(`is no setting of ${provider.title}; ${list}`, 'settings', key),
  )
  return [
    ...unknown,
    ...provider.settings.flatMap(({ name, required, many, hint }) => {
      const value = settings[snake(name)]
      if (value === undefined) return required ? flawAt(`is missing: ${hint}`, 'settings', snake(name)) : []
      return flawAt(settingFlaw(value, many, hint), 'settings', snake(name))
    }),
  ]
}

function settingFlaw(value: string | readonly string[], many: boolean, hint: string): string | null {
  const values = Array.isArray(value) ? (value as readonly unknown[]) : [value]
  if (values.length === 0) return `is empty: ${hint}`
  if (!many && values.length > 1) return 'takes one value only'
  if (values.length > SETTING_VALUES)
    return `has ${values.length} values, at most ${SETTING_VALUES} are allowed`
  const fits = (one: unknown) =>
    typeof one === 'string' && one !== '' && one.trim() === one && one.length <= SETTING_CHARS
  return values.every(fits) ? null : `must be a text without white space round it: ${hint}`
}

/** Keys in snake_case, as they are stored; a provider's own spelling is taken too. */
export function snakeSettings(settings: Source['settings']): Source['settings'] {
  return Object.fromEntries(Object.entries(settings).map(([key, value]) => [snake(key), value]))
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

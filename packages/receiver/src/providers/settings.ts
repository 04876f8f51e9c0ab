import { ReceiverConfigError } from '../errors.ts'
import type { Provider } from './provider.ts'

/** By name; one value or several. */
export type ProviderSettings = Readonly<Record<string, string | readonly string[]>>

/** @throws ReceiverConfigError `option_invalid` for a setting that is missing, empty, unknown or no text */
export function checkSettings(
  provider: Provider,
  given: ProviderSettings,
): Readonly<Record<string, readonly string[]>> {
  const known = provider.settings.map(({ name }) => name)
  for (const name of Object.keys(given))
    if (!known.includes(name))
      throw invalid(
        provider,
        `has no setting ${JSON.stringify(name)}; it knows: ${known.join(', ') || 'none'}`,
      )
  const checked: Record<string, readonly string[]> = {}
  for (const { name, required, many, hint } of provider.settings) {
    const value = given[name]
    const values = value === undefined ? [] : typeof value === 'string' ? [value] : [...value]
    if (required && values.length === 0) throw invalid(provider, `needs the setting "${name}": ${hint}`)
    if (!many && values.length > 1) throw invalid(provider, `takes one "${name}" only`)
    for (const one of values)
      if (typeof one !== 'string' || one.trim() === '' || one.trim() !== one)
        throw invalid(provider, `has a "${name}" that is empty or has white space round it: ${hint}`)
    checked[name] = values
  }
  return checked
}

function invalid({ title }: Provider, what: string): ReceiverConfigError {
  return new ReceiverConfigError('option_invalid', `${title} ${what}.`)
}

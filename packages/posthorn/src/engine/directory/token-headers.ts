import { PROVIDERS, type Provider } from '@posthorn/receiver/providers'
import type { Source } from '../../domain/source.ts'
import { providerOf } from './source-provider.ts'

/** Of the presets: for a source that is not known any more, or is an application's. */
const USUAL: readonly string[] = [
  ...new Set(Object.values<Provider>(PROVIDERS).flatMap((provider) => tokenHeader(provider) ?? [])),
]
const known = new WeakMap<Source, readonly string[]>()

/** Headers that carry a source's secret itself, in lower case: whoever has seen one can send in its name. */
export function tokenHeaders(source: Source | undefined): readonly string[] {
  if (source === undefined) return USUAL
  let names = known.get(source)
  if (names === undefined) {
    const name = tokenHeader(providerOf(source))
    names = name === null ? [] : [name]
    known.set(source, names)
  }
  return names
}

/** null: its requests are signed, or carry no secret in a header. */
export function tokenHeader({ scheme }: Provider): string | null {
  return scheme.algorithm === 'token' ? scheme.header.toLowerCase() : null
}

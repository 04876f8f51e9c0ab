import type { Provider } from '@posthorn/receiver/providers'
import type { Static } from 'typebox'
import type { Provider as WireProvider } from '../contract/schemas/source.ts'

/** A preset as a person needs it who makes a source of it. */
export function toProvider(provider: Provider): Static<typeof WireProvider> {
  const { scheme, code } = provider
  return {
    name: provider.name,
    title: provider.title,
    docs: [...provider.docs],
    secret_hint: provider.secretHint,
    keys_fetched: code?.keyUrls !== undefined,
    settings: provider.settings.map(({ name, required, many, hint }) => ({
      ...{ name: snake(name), required, many, hint },
    })),
    handshakes: [...provider.handshakes],
    batches: provider.items !== undefined,
    signs_url: scheme.signed.includes('url'),
    tolerance_s: scheme.timestamp?.toleranceS ?? null,
    answer_deadline_ms: provider.answers.deadlineMs ?? null,
    retry_span_s: provider.retrySpanS ?? null,
  }
}

/** On the wire the settings are in snake_case, as everything. */
function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

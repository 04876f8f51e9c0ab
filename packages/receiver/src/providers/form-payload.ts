import { parseForm } from './code/form.ts'
import type { Provider } from './provider.ts'

/** The JSON in the field of a form that carries it; undefined when it is no such form. */
export function formPayload(
  { formField }: Pick<Provider, 'formField'>,
  { body, contentType = '' }: { readonly body: Uint8Array; readonly contentType?: string | undefined },
): unknown {
  if (formField === undefined || !/^application\/x-www-form-urlencoded\b/i.test(contentType)) return undefined
  const text = parseForm(body)?.get(formField)?.[0]
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

import type { SignatureForm } from './scheme.ts'

/** The signature header's value. With room for one only, the first signature is used. */
export function formatSignatures(
  form: SignatureForm,
  timestamp: string,
  signatures: readonly string[],
): string {
  if (form.form === 'value') return `${form.prefix ?? ''}${signatures[0]}`
  const entries = signatures.map((signature) => `${form.signatureKey}${form.assign}${signature}`)
  if (form.timestampKey !== undefined) entries.unshift(`${form.timestampKey}${form.assign}${timestamp}`)
  return entries.join(form.separator)
}

import type { EventItem, ProviderEvent } from '@posthorn/receiver/providers'

/** Whether a body says that it is a test: `test` or `data.test` is true. */
export function isTest(body: Uint8Array): boolean {
  const value = parsed(body)
  return at(value, 'test') === true || at(at(value, 'data'), 'test') === true
}

/** Whether `tenant.id` is this one: of the whole body where it has one, else of every item. */
export function isOfTenant(
  { payload, body }: ProviderEvent,
  items: readonly EventItem[],
  expected: string,
): boolean {
  const whole = tenantOf(payload ?? parsed(body))
  if (whole !== undefined) return whole === expected
  return items.every((item) => tenantOf(parsed(item.body)) === expected)
}

function tenantOf(value: unknown): unknown {
  return at(at(value, 'tenant'), 'id')
}

/** An own member of an object. */
function at(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
  return (value as Readonly<Record<string, unknown>>)[key]
}

const decoder = new TextDecoder('utf-8', { fatal: true })

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(body))
  } catch {
    return undefined
  }
}

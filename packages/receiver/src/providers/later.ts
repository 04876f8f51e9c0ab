import type { PreparedKey } from '../crypto/port.ts'
import type { Check } from './code/code.ts'

/** Now, where the cryptography is synchronous, else later. */
export type Later<T> = T | Promise<T>

export function andThen<T, R>(value: Later<T>, next: (value: T) => Later<R>): Later<R> {
  return value instanceof Promise ? value.then(next) : next(value)
}

/** Index of the first key that fits, -1 for none. */
export function findKey(
  keys: readonly PreparedKey[],
  fits: (key: PreparedKey) => Later<boolean>,
  from = 0,
): Later<number> {
  const key = keys[from]
  if (!key) return -1
  return andThen(fits(key), (yes): Later<number> => (yes ? from : findKey(keys, fits, from + 1)))
}

/** Whether all checks hold with this key. */
export function holdsAll(
  checks: readonly Check[],
  key: PreparedKey,
  hash: PreparedKey,
  from = 0,
): Later<boolean> {
  for (let index = from; index < checks.length; index++) {
    const check = checks[index]!
    const holds = holdsAny(check, check.hash ? hash : key)
    // A promise goes on by itself; what is known at once stays in the loop, so that a long batch is no deep recursion.
    if (holds instanceof Promise) return holds.then((yes) => yes && holdsAll(checks, key, hash, index + 1))
    if (!holds) return false
  }
  return checks.length > 0
}

function holdsAny({ contents, signatures }: Check, key: PreparedKey, from = 0): Later<boolean> {
  const content = contents[from]
  if (!content) return false
  return andThen(
    key.matches(content, signatures),
    (yes): Later<boolean> => yes || holdsAny({ contents, signatures }, key, from + 1),
  )
}

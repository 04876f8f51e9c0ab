import type { PreparedKey } from '../crypto/port.ts'

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

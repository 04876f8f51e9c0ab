import type { PreparedKey } from '../../crypto/port.ts'
import { andThen, type Later } from '../later.ts'
import type { Check } from './code.ts'

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

import { publicKeyOf } from '@posthorn/receiver'
import type { Subscription } from '../../domain/subscription.ts'

/** What a target verifies with where the scheme has a pair of keys (`whpk_…`); null where it shares the secret. */
export function publicKeyFor({ scheme }: Subscription['signature'], secret: string): string | null {
  return scheme === 'standard-ed25519' ? publicKeyOf(secret) : null
}

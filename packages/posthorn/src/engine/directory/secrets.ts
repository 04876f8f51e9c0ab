import type { SealedSecret, Subscription } from '../../domain/subscription.ts'

/** The secrets with which an attempt made now is signed, newest first, still sealed. */
export function sealedSecretsInForce(subscription: Subscription, now: number): readonly SealedSecret[] {
  return subscription.secrets.filter((secret) => secret.expiresAt === null || secret.expiresAt > now)
}

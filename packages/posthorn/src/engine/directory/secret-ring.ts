import { generateSecret } from '@posthorn/receiver/node'
import { PosthornError } from '../../domain/error.ts'
import { LIMITS } from '../../domain/limits.ts'
import type { SealedSecret, Subscription } from '../../domain/subscription.ts'
import type { Random } from '../../ports/random.ts'
import type { SecretBox } from '../../ports/secrets.ts'
import { sealedSecretsInForce } from './secrets.ts'
import { schemeOf, secretFlaw } from './signing.ts'

type Signature = Subscription['signature']

const SECRET_BYTES = 32

export interface RotationRequest {
  readonly overlapS: number
  /** An own secret; null: one is made. */
  readonly secret: string | null
}

/** What may become of a subscription's secrets: the first one, the next one, and another scheme. */
export class SecretRing {
  readonly #random: Random
  readonly #box: SecretBox

  constructor(parts: { readonly random: Random; readonly secretBox: SecretBox }) {
    this.#random = parts.random
    this.#box = parts.secretBox
  }

  /** @param own null: one is made @throws PosthornError `secret_refused` */
  first(signature: Signature, own: string | null, now: number): { secret: string; sealed: SealedSecret } {
    const secret = own ?? generateSecret(signature.scheme, this.#random.bytes(SECRET_BYTES))
    const flaw = secretFlaw(schemeOf(signature), secret)
    if (flaw !== null)
      throw new PosthornError('secret_refused', flaw, { flaws: [{ path: '/secret', message: flaw }] })
    return { secret, sealed: { sealed: this.#box.seal(secret), createdAt: now, expiresAt: null } }
  }

  /**
   * The new secret before those in force, which end with the overlap at the latest; with an overlap of 0, now.
   * @throws PosthornError `secret_refused`, `state_conflict`
   */
  rotate(
    present: Subscription,
    request: RotationRequest,
    now: number,
  ): { secret: string; secrets: readonly SealedSecret[] } {
    const { secret, sealed } = this.first(present.signature, request.secret, now)
    const inForce = sealedSecretsInForce(present, now)
    if (inForce.some((old) => this.#opensTo(old, secret)))
      throw new PosthornError(
        'secret_refused',
        'The new secret is in force already. Give another one, or none.',
      )
    const end = now + request.overlapS * 1000
    const previous = request.overlapS === 0 ? [] : inForce.map((old) => endingBy(old, end))
    if (previous.length >= LIMITS.secretsPerSubscription) throw tooManySecrets(previous)
    return { secret, secrets: [sealed, ...previous] }
  }

  /**
   * The secrets under another signature. The newest must fit its scheme; older ones that do not are left out, since a
   * scheme cannot sign with them.
   * @throws PosthornError `secret_refused`, `secret_unreadable`
   */
  under(signature: Signature, present: Subscription, now: number): readonly SealedSecret[] {
    if (signature.scheme === present.signature.scheme) return present.secrets
    const [newest, ...older] = sealedSecretsInForce(present, now)
    if (!newest) throw new PosthornError('secret_refused', 'The subscription has no secret. Rotate it first.')
    const flaw = this.#misfit(signature, newest)
    if (flaw !== null)
      throw new PosthornError(
        'secret_refused',
        `The present secret does not fit the new scheme. ${flaw} Rotate it to one that fits both schemes first, or make another subscription with the new scheme.`,
        { flaws: [{ path: '/signature/scheme', message: 'does not fit the present secret' }] },
      )
    return [newest, ...older.filter((secret) => this.#misfit(signature, secret) === null)]
  }

  #misfit(signature: Signature, secret: SealedSecret): string | null {
    return secretFlaw(schemeOf(signature), this.#box.open(secret.sealed))
  }

  /** A secret that can no longer be opened must not stand in the way of the rotation that replaces it. */
  #opensTo({ sealed }: SealedSecret, secret: string): boolean {
    try {
      return this.#box.open(sealed) === secret
    } catch {
      return false
    }
  }
}

function endingBy(secret: SealedSecret, end: number): SealedSecret {
  return { ...secret, expiresAt: Math.min(secret.expiresAt ?? end, end) }
}

function tooManySecrets(previous: readonly SealedSecret[]): PosthornError {
  const next = Math.min(...previous.map(({ expiresAt }) => expiresAt ?? Number.POSITIVE_INFINITY))
  return new PosthornError(
    'state_conflict',
    `${previous.length} secrets are in force already, the most there may be. Wait until ${new Date(next).toISOString()}, when the next one ends, or give an overlap of 0 to end them all now.`,
  )
}

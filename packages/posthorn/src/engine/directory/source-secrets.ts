import { ReceiverConfigError } from '@posthorn/receiver'
import { nodeCrypto } from '@posthorn/receiver/node'
import { createProviderReceiver, type Provider } from '@posthorn/receiver/providers'
import { type Flaw, PosthornError } from '../../domain/error.ts'
import { LIMITS } from '../../domain/limits.ts'
import type { Source } from '../../domain/source.ts'
import type { SealedSecret } from '../../domain/subscription.ts'
import type { SecretBox } from '../../ports/secrets.ts'
import { flawAt, refuse } from './flaws.ts'
import { providerSettings } from './source-provider.ts'

/** A PEM key of 4096 bits has 800 characters. */
const SECRET_CHARS = 8192

/** The provider's secrets of a source: tried before they are stored, sealed, and given back to nobody but its inbox. */
export class SourceSecrets {
  readonly #box: SecretBox

  constructor(box: SecretBox) {
    this.#box = box
  }

  /** @throws PosthornError `secret_unreadable` */
  open(secrets: readonly SealedSecret[]): string[] {
    return secrets.map(({ sealed }) => this.#box.open(sealed))
  }

  /**
   * Seals secrets. Those that are among the present ones stay as they are stored, so that a list that did not change
   * does not change the record.
   * @throws PosthornError `secret_refused` with the place of each that cannot be used, `invalid_request` without one
   */
  replace(
    provider: Provider,
    settings: Source['settings'],
    given: readonly string[],
    present: readonly SealedSecret[],
    now: number,
  ): readonly SealedSecret[] {
    const flaws = secretFlaws(provider, settings, given)
    refuse(flaws, 'The secrets do not fit', given.length === 0 ? 'invalid_request' : 'secret_refused')
    const known = this.#readable(present)
    return given.map(
      (secret) => known.get(secret) ?? { sealed: this.#box.seal(secret), createdAt: now, expiresAt: null },
    )
  }

  /**
   * The present secrets under another provider or scheme. The current one must fit; older ones that do not are left out,
   * since nothing can be verified with them. A provider whose keys are fetched needs none.
   * @throws PosthornError `secret_refused`, `secret_unreadable`
   */
  under(
    provider: Provider,
    settings: Source['settings'],
    present: readonly SealedSecret[],
  ): readonly SealedSecret[] {
    if (fetchesKeys(provider)) return []
    const fits = (secret: SealedSecret) =>
      secretFlaws(provider, settings, [this.#box.open(secret.sealed)]).length === 0
    const [current, ...older] = present
    if (current === undefined || !fits(current))
      throw new PosthornError(
        'secret_refused',
        `The present secret does not fit ${provider.title}. Give "secrets" together with the new provider or scheme. ${provider.secretHint}`.trim(),
        { flaws: [{ path: '/secrets', message: 'must be given: the present ones do not fit' }] },
      )
    return [current, ...older.filter(fits)]
  }

  /** @param present null: none @returns sealed; the present one when it is the same text */
  sealText(text: string, present: string | null): string {
    const known = present === null ? undefined : this.#tryOpen(present)
    return present !== null && known === text ? present : this.#box.seal(text)
  }

  openText(sealed: string): string {
    return this.#box.open(sealed)
  }

  /** One that can no longer be opened must not stand in the way of what replaces it. */
  #tryOpen(sealed: string): string | undefined {
    try {
      return this.#box.open(sealed)
    } catch {
      return undefined
    }
  }

  #readable(secrets: readonly SealedSecret[]): ReadonlyMap<string, SealedSecret> {
    const readable = new Map<string, SealedSecret>()
    for (const secret of secrets) {
      const text = this.#tryOpen(secret.sealed)
      if (text !== undefined) readable.set(text, secret)
    }
    return readable
  }
}

export function fetchesKeys(provider: Provider): boolean {
  return provider.code?.keyUrls !== undefined
}

function secretFlaws(provider: Provider, settings: Source['settings'], secrets: readonly string[]): Flaw[] {
  if (fetchesKeys(provider))
    return flawAt(secrets.length > 0 ? `must be left out: ${provider.secretHint}` : null, 'secrets')
  if (secrets.length === 0) return flawAt(missing(provider), 'secrets')
  return secrets.flatMap((secret, index) =>
    flawAt(
      secrets.indexOf(secret) < index ? 'stands in the list twice' : secretFlaw(provider, settings, secret),
      'secrets',
      index,
    ),
  )
}

function missing({ secretHint }: Provider): string {
  return `has no secret; without one every request would have to be refused. ${secretHint}`.trim()
}

/** Tries it by making a receiver with it: what the inbox will do. */
function secretFlaw(provider: Provider, settings: Source['settings'], secret: string): string | null {
  if (secret.length > SECRET_CHARS)
    return `has ${secret.length} characters, at most ${SECRET_CHARS} are allowed`
  try {
    createProviderReceiver({
      provider,
      secrets: [secret],
      settings: providerSettings(provider, settings),
      crypto: nodeCrypto(),
      clock: () => 0,
    })
    return null
  } catch (error) {
    const why =
      error instanceof ReceiverConfigError
        ? (error as Error).message
        : 'It cannot be read as a key of this algorithm.'
    return `cannot be used. ${why} ${provider.secretHint}`.trim()
  }
}

/** At most so many at once; checked with the other fields. */
export function secretListFlaw(value: unknown): string | null {
  if (!Array.isArray(value) || !value.every((one) => typeof one === 'string'))
    return 'must be a list of texts, the current one first'
  return value.length > LIMITS.sourceSecrets
    ? `has ${value.length} secrets, at most ${LIMITS.sourceSecrets} are allowed`
    : null
}

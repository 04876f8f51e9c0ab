import type { SyncPreparedKey } from '../crypto/port.ts'
import { cryptoFailed, makePlan, type Receiver, type ReceiverOptions, warned } from '../receiver.ts'
import type { SignatureScheme } from '../schemes/scheme.ts'
import { readSecrets } from '../secret.ts'
import type { VerificationPlan } from '../verify/plan.ts'
import type { VerifyRequest, VerifyResult } from '../verify/result.ts'
import { nodeCrypto } from './crypto.ts'

/** As `Receiver`, at once. */
export interface SyncReceiver extends Omit<Receiver, 'verify'> {
  verify(request: VerifyRequest): VerifyResult
}

/**
 * A receiver for the hot path of a server: the same rules and results as `createReceiver`, without a turn of the event
 * loop per request.
 *
 * @throws ReceiverConfigError as `createReceiver`
 */
export function createSyncReceiver(options: ReceiverOptions): SyncReceiver {
  return new NodeReceiver(options)
}

class NodeReceiver implements SyncReceiver {
  readonly scheme: SignatureScheme
  readonly maxBodyBytes: number
  readonly #plan: VerificationPlan
  readonly #keys: readonly SyncPreparedKey[]
  readonly #options: ReceiverOptions

  constructor(options: ReceiverOptions) {
    const { plan, maxBodyBytes } = makePlan(options)
    const crypto = nodeCrypto()
    this.scheme = options.scheme
    this.maxBodyBytes = maxBodyBytes
    this.#plan = plan
    this.#options = options
    this.#keys = readSecrets(options.scheme, options.secrets).map((material) =>
      crypto.prepareKey(options.scheme.algorithm, material),
    )
  }

  verify(request: VerifyRequest): VerifyResult {
    const read = this.#plan.read(request)
    if (!read.ok) return read
    try {
      const index = this.#keys.findIndex((key) => key.matches(read.content, read.signatures))
      return warned(this.#plan.conclude(read, index), this.#options)
    } catch (error) {
      return cryptoFailed(error)
    }
  }
}

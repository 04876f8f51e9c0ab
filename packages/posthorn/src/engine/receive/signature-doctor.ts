import { explainRefusal } from '@posthorn/receiver/doctor'
import type { RequestId } from '../../domain/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Telemetry } from '../../ports/telemetry.ts'
import type { InboxSettings } from './inbox-settings.ts'
import type { Keys } from './keys.ts'
import { asSigned } from './receiver-of.ts'
import type { IncomingRequest } from './way-in.ts'

export interface SignatureDoctorParts {
  readonly clock: Clock
  readonly telemetry: Telemetry
  readonly keys: Keys
}

/** The refused request, under the id by which it is kept. */
export interface Patient {
  readonly request: IncomingRequest
  readonly id: RequestId | null
  readonly reason: string
}

/** Over the whole instance: strangers may send bad signatures all day. */
const EVERY_MS = 10_000
/** A guess hashes the whole body, and there are up to 400 of them. */
const BODY_BYTES = 64 * 1024

/** Tells now and then which known mistake would have made a refused request fit: for the log, off the request's path. */
export class SignatureDoctor {
  readonly #parts: SignatureDoctorParts
  #nextAt = Number.NEGATIVE_INFINITY

  constructor(parts: SignatureDoctorParts) {
    this.#parts = parts
  }

  /** Returns at once. */
  consult(settings: InboxSettings, patient: Patient): void {
    const { clock } = this.#parts
    if (patient.request.body.length > BODY_BYTES || clock.elapsed() < this.#nextAt) return
    this.#nextAt = clock.elapsed() + EVERY_MS
    clock.nextTurn(() => void this.#examine(settings, patient))
  }

  async #examine(settings: InboxSettings, { request, id, reason }: Patient): Promise<void> {
    const { clock, telemetry, keys } = this.#parts
    const { provider, secrets, toleranceS } = settings
    // With WebCrypto, whose hashes are computed beside the event loop: 400 of them would hold up everybody.
    const diagnoses = await explainRefusal(asSigned(settings, request), {
      ...{ provider, secrets, settings: settings.settings, fetchKey: keys.fetch, clock: () => clock.now() },
      ...(toleranceS === null ? {} : { toleranceS }),
    })
    const [first] = diagnoses
    if (first === undefined) return
    telemetry.record({
      name: 'inbound.diagnosed',
      tenantId: settings.tenant.id,
      sourceId: settings.id,
      requestId: id,
      reason,
      causes: diagnoses.map(({ cause }) => cause),
      detail: first.detail,
      remedy: first.remedy,
    })
  }
}

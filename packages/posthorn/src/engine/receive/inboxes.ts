import { PosthornError } from '../../domain/error.ts'
import type { SourceId, TenantId } from '../../domain/ids.ts'
import type { RequestStore } from '../../ports/request-store.ts'
import type { HttpTransport } from '../../ports/transport.ts'
import type { Rates } from './guard.ts'
import { Inbox } from './inbox.ts'
import type { InboxShared } from './inbox-parts.ts'
import type { InboxSettings } from './inbox-settings.ts'
import { Keys } from './keys.ts'
import { RateGate } from './rate-gate.ts'
import { RequestNotes } from './request-notes.ts'
import { SecretUses } from './secret-uses.ts'
import { SignatureDoctor } from './signature-doctor.ts'

export interface InboxesParts extends Omit<InboxShared, 'keys' | 'notes' | 'uses' | 'rates' | 'doctor'> {
  readonly requests: RequestStore
  readonly transport: HttpTransport
  readonly userAgent: string
}

/** Makes the ways in, and holds what outlives them: how often everybody was there, fetched keys, notes on their way. */
export class Inboxes {
  readonly shared: InboxShared
  readonly #declared = new Map<SourceId, InboxSettings>()

  constructor(parts: InboxesParts) {
    const { clock, telemetry } = parts
    const keys = new Keys(parts)
    const rates: Rates = { sources: new RateGate(), addresses: new RateGate() }
    const doctor = new SignatureDoctor({ clock, telemetry, keys })
    const notes = new RequestNotes(parts)
    this.shared = { ...parts, keys, rates, doctor, notes, uses: new SecretUses(parts) }
  }

  /**
   * Cheap: to be made again when the source has changed.
   * @throws PosthornError `config_invalid` for settings that cannot be used
   */
  make(settings: InboxSettings): Inbox {
    try {
      return new Inbox(settings, this.shared)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw new PosthornError('config_invalid', `The source ${settings.name}: ${why}`, { cause: error })
    }
  }

  /** A source that the application declares, which no store knows. @throws PosthornError `config_invalid` */
  declare(settings: InboxSettings): Inbox {
    const inbox = this.make(settings)
    this.#declared.set(settings.id, settings)
    return inbox
  }

  /** By id or name; null: none of those that were declared. */
  declared(tenantId: TenantId, idOrName: string): InboxSettings | null {
    for (const settings of this.#declared.values())
      if (settings.tenant.id === tenantId && (settings.id === idOrName || settings.name === idOrName))
        return settings
    return null
  }

  /** Resolves when what was to be kept is kept. */
  async close(): Promise<void> {
    this.shared.keys.close()
    await Promise.all([this.shared.notes.drained(), this.shared.uses.drained()])
  }
}

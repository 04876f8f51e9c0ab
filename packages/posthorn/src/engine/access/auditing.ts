import type { Clock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import type { Store } from '../../ports/store.ts'
import { ActingContext, SYSTEM } from './acting.ts'
import { AuditLog } from './audit-log.ts'
import { AuditWriter } from './audited-records.ts'
import { auditedStore } from './audited-store.ts'

export interface Auditing {
  /** Its changes are told to be by whoever acts. */
  readonly store: Store
  /** Its changes are told to be Posthorn's own, also where a request has brought them about. */
  readonly byItself: Store
  readonly log: AuditLog
}

export function auditing(store: Store, parts: { readonly clock: Clock; readonly random: Random }): Auditing {
  const { clock, random } = parts
  const context = new ActingContext()
  const writer = new AuditWriter({ clock, random, acting: () => context.current() })
  const own = new AuditWriter({ clock, random, acting: () => SYSTEM })
  return {
    store: auditedStore(store, writer),
    byItself: auditedStore(store, own),
    log: new AuditLog({ audit: store.audit, writer, context }),
  }
}

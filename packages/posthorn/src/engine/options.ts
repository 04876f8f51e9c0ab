import type { Role } from '../ports/peers.ts'

export interface EngineOptions {
  /** `api` accepts, `worker` attempts, `all` does both. */
  readonly role: Role
  /** What people call this process: host and process id. */
  readonly processName: string
  /** Attempts at once over all targets. */
  readonly slots: number
  /** A lease outlives the longest attempt by this much: what a process that died had begun is begun again after it. */
  readonly leaseMarginMs: number
  /** How long a stop waits for attempts before it cuts them off. */
  readonly drainMs: number
  /** Events older than this are removed. */
  readonly retentionMs: number
  /** Entries of the audit log older than this are removed. */
  readonly keepAuditMs: number
  /** A session that is unused for this long ends. */
  readonly sessionIdleMs: number
  /** And after this long in any case. */
  readonly sessionMaxMs: number
  /** Nothing but failures for this long disables a subscription. */
  readonly disableAfterMs: number
  /** A worker is not ready when what it could attempt has been due for longer. */
  readonly readyAgeMs: number
  /** Of Posthorn, for the user agent. */
  readonly version: string
}

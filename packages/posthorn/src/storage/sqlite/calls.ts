/** A call of the store as data, so that it can wait for a commit or cross to another thread. */
import type { Store } from '../../ports/store.ts'
import type { TransactionStore } from '../../ports/transactions.ts'
import type { Failure } from './failures.ts'
import type { TransactionCalls } from './transactions/calls.ts'

export type PortName = Exclude<keyof Store, 'close' | 'transactions' | 'peers' | 'signals'>

/** A port as its implementation inside a transaction has it: the same methods, not asynchronous. */
export type Sync<T> = {
  readonly [M in keyof T]: T[M] extends (...args: infer A) => Promise<infer R> ? (...args: A) => R : never
}

export type Ports = { readonly [P in PortName]: Sync<Store[P]> } & {
  /** The application's transaction; a connection that only reads has none. */
  readonly transaction?: TransactionCalls
}

/**
 * Writes share a transaction. Looks are cheap reads and run after its commit, so that nobody is told what then fails to
 * be stored. Lists may walk through much and go to a thread of their own, if there are threads.
 */
type Kind = 'write' | 'look' | 'list'

const RECORDS = {
  insert: 'write',
  get: 'look',
  getByName: 'look',
  list: 'look',
  update: 'write',
  delete: 'write',
} as const

type Kinds = { readonly [P in PortName]: { readonly [M in keyof Store[P]]: Kind } } & {
  readonly transaction: { readonly [M in keyof TransactionCalls]: Kind }
}

export const CALLS: Kinds = {
  events: { insert: 'write', get: 'look', byKeys: 'look', list: 'list', search: 'list' },
  requests: {
    receive: 'write',
    note: 'write',
    get: 'look',
    list: 'list',
    noteUses: 'write',
    uses: 'look',
    forgetUses: 'write',
  },
  deliveries: {
    finish: 'write',
    add: 'write',
    change: 'write',
    get: 'look',
    list: 'list',
    attempts: 'look',
    stats: 'list',
    failingSince: 'list',
    lastFailure: 'list',
    standing: 'list',
    deadLetters: 'list',
  },
  lanes: {
    due: 'look',
    claim: 'write',
    postpone: 'write',
    resume: 'write',
    nextDueAt: 'look',
    expireLeases: 'write',
    cancelWaiting: 'write',
  },
  replays: { ...RECORDS, running: 'look', scan: 'list', advance: 'write' },
  tenants: RECORDS,
  subscriptions: RECORDS,
  sources: RECORDS,
  eventTypes: RECORDS,
  keys: RECORDS,
  sessions: { ...RECORDS, prune: 'write' },
  alertRules: RECORDS,
  alerts: { ...RECORDS, live: 'look', find: 'list', prune: 'write', measure: 'list', troubled: 'list' },
  bulks: { ...RECORDS, running: 'look', advance: 'write', items: 'look', prune: 'write' },
  minutes: { put: 'write', list: 'list', prune: 'write' },
  audit: { append: 'write', list: 'list', prune: 'write' },
  upkeep: { ping: 'write', prune: 'write', counts: 'list' },
  // Steps of a transaction that spans several calls: never within the one that writes share, but after it.
  transaction: { begin: 'look', run: 'look', all: 'look', get: 'look', commit: 'look', rollback: 'look' },
}

export interface Call {
  readonly port: PortName | 'transaction'
  readonly method: string
  readonly args: readonly unknown[]
}

export interface TransactionCall extends Call {
  readonly port: 'transaction'
  readonly method: keyof TransactionCalls
}

export type Send = (call: Call) => Promise<unknown>

export type Reply =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly failure: Failure }

export function isWrite(call: Call): boolean {
  return kindOf(call) === 'write'
}

export function isList(call: Call): boolean {
  return kindOf(call) === 'list'
}

function kindOf(call: Call): Kind | undefined {
  const kinds: Readonly<Record<string, Kind>> = CALLS[call.port]
  return kinds[call.method]
}

/** A store whose every method is one `send`. */
export function storeOver(send: Send, transactions: TransactionStore, close: () => Promise<void>): Store {
  function port<P extends PortName>(name: P): Store[P] {
    const methods = Object.keys(CALLS[name]).map((method) => [
      method,
      (...args: unknown[]) => send({ port: name, method, args }),
    ])
    return Object.fromEntries(methods) as Store[P]
  }
  return {
    events: port('events'),
    requests: port('requests'),
    deliveries: port('deliveries'),
    lanes: port('lanes'),
    replays: port('replays'),
    tenants: port('tenants'),
    subscriptions: port('subscriptions'),
    sources: port('sources'),
    eventTypes: port('eventTypes'),
    keys: port('keys'),
    sessions: port('sessions'),
    audit: port('audit'),
    bulks: port('bulks'),
    minutes: port('minutes'),
    alertRules: port('alertRules'),
    alerts: port('alerts'),
    upkeep: port('upkeep'),
    transactions,
    close,
  }
}

import { PosthornError } from '../../../domain/error.ts'
import type { SqlChanges, SqlParams, SqlRow, Transaction } from '../../../ports/transactions.ts'
import type { Send, TransactionCall } from '../calls.ts'
import { checkedParams } from './params.ts'

/** What the application holds while its transaction is open. */
export class TransactionHandle implements Transaction {
  readonly #send: Send
  readonly #underWay = new Set<Promise<unknown>>()
  #over: unknown = null

  constructor(send: Send) {
    this.#send = send
  }

  run(sql: string, params: SqlParams = []): Promise<SqlChanges> {
    return this.#ask('run', sql, params) as Promise<SqlChanges>
  }

  all(sql: string, params: SqlParams = []): Promise<SqlRow[]> {
    return this.#ask('all', sql, params) as Promise<SqlRow[]>
  }

  get(sql: string, params: SqlParams = []): Promise<SqlRow | undefined> {
    return this.#ask('get', sql, params) as Promise<SqlRow | undefined>
  }

  /** Resolves when no statement is under way; rejects when one of those has failed. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay)
  }

  /** @param reason what later calls are told */
  end(reason: unknown): void {
    this.#over ??= reason
  }

  #ask(method: TransactionCall['method'], sql: string, params: SqlParams): Promise<unknown> {
    const answer = this.#sent(method, sql, params).finally(() => this.#underWay.delete(answer))
    this.#underWay.add(answer)
    return answer
  }

  async #sent(method: TransactionCall['method'], sql: string, params: SqlParams): Promise<unknown> {
    if (this.#over !== null) throw this.#over
    if (typeof sql !== 'string') throw new PosthornError('sql_failed', 'The SQL must be a text.')
    return this.#send({ port: 'transaction', method, args: [sql, checkedParams(params)] })
  }
}

export function overError(): PosthornError {
  return new PosthornError(
    'state_conflict',
    'The transaction is over: its statements belong into the function that it was given, each awaited there.',
  )
}

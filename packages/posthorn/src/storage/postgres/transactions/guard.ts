import { PosthornError } from '../../../domain/error.ts'

/** Comments and white space before, and the statement's first words. */
const LEADING = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/
const SAVEPOINT = /^(?:savepoint|release|rollback\s+(?:work\s+|transaction\s+)?to)\b/i
const TRANSACTION = /^(?:begin|start|commit|end|rollback|abort|prepare\s+transaction)\b/i
const SESSION =
  /^(?:set(?!\s+(?:local|constraints)\b)|reset|discard|listen|unlisten|deallocate|prepare|copy)\b/i
/** What stands between the verb and the table's name. */
const WRITES = String.raw`(?:insert\s+into|delete\s+from|update|merge\s+into|truncate|(?:create|alter|drop)\s+[a-z ]+|on)`
const FILLER = String.raw`(?:\s+(?:only|table|concurrently|if\s+(?:not\s+)?exists))*`

/** Whether a statement is about the application's own savepoints. */
export function isSavepoint(sql: string): boolean {
  return SAVEPOINT.test(withoutLead(sql))
}

/**
 * Refuses what would end the transaction, stay behind on the connection or write to our tables, as far as the text shows
 * it. It is there against mistakes, not against intent.
 */
export class SqlGuard {
  readonly #schema: string
  readonly #ours: RegExp

  constructor(schema: string) {
    this.#schema = schema
    this.#ours = new RegExp(String.raw`\b${WRITES}${FILLER}\s+"?${schema}"?\s*\.`, 'i')
  }

  /** @throws PosthornError `sql_refused` */
  check(sql: string): void {
    const text = withoutLead(sql)
    if (isSavepoint(text)) return
    if (TRANSACTION.test(text))
      throw refused(
        'The transaction begins and ends with the function it was given; return to commit, throw to roll back. Savepoints may be used.',
      )
    if (SESSION.test(text))
      throw refused(
        `${/^\w+/.exec(text)?.[0].toUpperCase()} would change the connection that Posthorn's own statements go through, beyond the end of this transaction. SET LOCAL may be used.`,
      )
    if (this.#ours.test(withoutTexts(text)))
      throw refused(
        `The tables of the schema ${this.#schema} are Posthorn's own: they may be read here and not changed. Write to tables of your own, in another schema.`,
      )
  }
}

function withoutLead(sql: string): string {
  return sql.replace(LEADING, '')
}

/** What is quoted as a value says nothing of what is written to. */
function withoutTexts(sql: string): string {
  return sql.replaceAll(/'(?:[^']|'')*'/g, "''")
}

function refused(text: string): PosthornError {
  return new PosthornError('sql_refused', text)
}

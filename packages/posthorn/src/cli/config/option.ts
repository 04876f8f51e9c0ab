import type { Parser } from './parse.ts'

/** One option of the server: a flag, a variable, and all that its reference says. */
export interface ServerOption<T> {
  /** `--host` */
  readonly flag: string
  /** `POSTHORN_HOST`: read when the flag is not given. An empty one counts as not set. */
  readonly variable: string
  /** What stands behind the flag in the help; null: a switch without a value. */
  readonly value: string | null
  readonly description: string
  /** When neither is given. */
  readonly initial: T
  /** The default in words, for the reference. */
  readonly initialText: string
  /** What is accepted, in words. */
  readonly range: string
  readonly parse: Parser<T>
  /** The flag may be given several times; the variable holds them separated by commas. */
  readonly repeatable: boolean
  /** Never shown, and better given as a variable: command lines are visible to other users of the machine. */
  readonly secret: boolean
}

type Given<T> = Pick<
  ServerOption<T>,
  'flag' | 'variable' | 'description' | 'initial' | 'initialText' | 'range' | 'parse'
> &
  Partial<Pick<ServerOption<T>, 'value' | 'repeatable' | 'secret'>>

export function option<T>(given: Given<T>): ServerOption<T> {
  return { value: null, repeatable: false, secret: false, ...given }
}

/**
 * How the process ends. Stable: scripts match on these numbers. From 64 on they are those of BSD's sysexits(3).
 */
export const EXIT = {
  ok: { code: 0, meaning: 'done' },
  failed: { code: 1, meaning: 'the operation failed, or the server refused it' },
  usage: { code: 2, meaning: 'the command line is wrong' },
  unreachable: { code: 3, meaning: 'the server cannot be reached, or does not answer as Posthorn does' },
  denied: { code: 4, meaning: 'the API key is missing, unknown or not allowed to do this' },
  missing: { code: 5, meaning: 'there is no such thing' },
  refused: { code: 6, meaning: 'verify: the signature was refused' },
  partly: { code: 7, meaning: 'some of many were refused; what was refused is listed' },
  data: {
    code: 65,
    meaning: 'the database was written by a newer Posthorn, needs migrations, or is damaged',
  },
  internal: { code: 70, meaning: 'a fault in Posthorn itself' },
  busy: { code: 75, meaning: 'the port or the data folder is taken by another process' },
  config: { code: 78, meaning: 'the configuration is not usable, or Node is too old' },
  interrupted: { code: 130, meaning: 'stopped by a signal before it was done' },
} as const satisfies Record<string, { code: number; meaning: string }>

export type ExitName = keyof typeof EXIT

/** What is shown of an error to machines: RFC 9457, as the API answers. */
export interface ProblemShown {
  readonly code: string
  readonly status?: number
  readonly title?: string
  readonly errors?: ReadonlyArray<{ readonly path: string; readonly message: string }>
}

/** Ends a command: one clear sentence for people, a problem for machines, a number for scripts. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly exit: ExitName
  readonly problem: ProblemShown

  constructor(exit: ExitName, message: string, more: { problem?: ProblemShown; cause?: unknown } = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause })
    this.exit = exit
    this.problem = more.problem ?? { code: exit }
  }
}

export function usageError(message: string): CliError {
  return new CliError('usage', message)
}

/** Part of every `--help`. */
export function exitCodesHelp(): string {
  const rows = Object.values(EXIT).map(({ code, meaning }) => `  ${String(code).padEnd(4)} ${meaning}`)
  return `\nExit codes:\n${rows.join('\n')}\n`
}

import type { Command } from 'commander'
import { Option } from 'commander'
import { CliError } from '../exit.ts'
import type { ServerOption } from './option.ts'
import { SERVER_OPTIONS, type ServerConfig, type ServerOptionName } from './options.ts'

/** Flags as commander leaves them: texts, lists of texts, or switches. */
export type GivenFlags = Readonly<Record<string, unknown>>

const NAMES = Object.keys(SERVER_OPTIONS) as ServerOptionName[]

/** Adds options of the table to a command, unparsed: `readServerConfig` knows the environment too. */
export function addServerOptions(command: Command, names: readonly ServerOptionName[] = NAMES): Command {
  for (const name of names) {
    const row: ServerOption<unknown> = SERVER_OPTIONS[name]
    const flags = row.value === null ? row.flag : `${row.flag} <${row.value}>`
    const added = new Option(flags, `${row.description} ${aside(row)}`)
    // commander would read `--no-migrate` as `migrate: false`, and not know it from a default.
    added.attributeName = () => name
    added.negate = false
    if (row.repeatable)
      added.argParser((value: string, previous: readonly string[] | undefined) => [
        ...(previous ?? []),
        value,
      ])
    command.addOption(added)
  }
  return command
}

function aside({ variable, initialText, range, value }: ServerOption<unknown>): string {
  const accepted = value === null ? '' : `${range}; `
  return `(${accepted}default: ${initialText}; ${variable})`
}

/**
 * Flags beat the environment, which beats `defaults`, which beat the table.
 * @throws CliError `config`, naming flag and variable, for all that is wrong at once
 */
export function readServerConfig(
  flags: GivenFlags,
  env: Readonly<Record<string, string | undefined>>,
  defaults: Partial<ServerConfig> = {},
): ServerConfig {
  const flaws: string[] = []
  const entries = NAMES.map((name) => {
    const read = readOption(name, flags[name], env, defaults)
    if ('flaw' in read) flaws.push(read.flaw)
    return [name, 'flaw' in read ? undefined : read.value] as const
  })
  if (flaws.length > 0)
    throw new CliError('config', flaws.join('\n'), {
      problem: {
        code: 'config_invalid',
        errors: flaws.map((message) => ({ path: message.split(' ', 1)[0] ?? '', message })),
      },
    })
  return Object.fromEntries(entries) as unknown as ServerConfig
}

type Read = { readonly value: unknown } | { readonly flaw: string }

function readOption(
  name: ServerOptionName,
  flag: unknown,
  env: Readonly<Record<string, string | undefined>>,
  defaults: Partial<ServerConfig>,
): Read {
  const row: ServerOption<unknown> = SERVER_OPTIONS[name]
  const variable = env[row.variable]
  if (flag === true) return { value: true }
  const text = Array.isArray(flag) ? flag.join(',') : ((flag as string | undefined) ?? emptyAsUnset(variable))
  if (text === undefined) return { value: defaults[name] ?? row.initial }
  const parsed = row.parse(text)
  const shown = row.secret ? '' : `, not ${JSON.stringify(text)}`
  const givenBy =
    flag === undefined ? `It comes from the variable ${row.variable}.` : 'It comes from the flag.'
  const both = `${row.flag} (${row.variable})`
  if (!parsed.ok) return { flaw: `${both} must be ${parsed.expected}${shown}. ${givenBy}` }
  return { value: parsed.value }
}

/** A variable that is set to nothing, as compose files do with `${NAME:-}`, is not set. */
function emptyAsUnset(value: string | undefined): string | undefined {
  return value === '' ? undefined : value
}

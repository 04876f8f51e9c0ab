import type { Command } from 'commander'
import type { Context } from './context.ts'
import { usageError } from './exit.ts'
import { collectWhole } from './flags.ts'
import { readBytes } from './input.ts'

export interface SecretFlags {
  readonly secret?: readonly string[]
  readonly secretFile?: string
  readonly secretEnv?: readonly string[]
}

/** Five secrets, and keys among them. */
const SECRET_BYTES_MAX = 64 * 1024

export function addSecretOptions(command: Command): Command {
  return command
    .option('--secret-file <FILE>', 'secrets from a file, one a line, the current one first; - for stdin')
    .option('--secret-env <NAME>', 'a secret from this variable, repeatable', collectWhole)
    .option('--secret <SECRET>', 'a secret, repeatable; other users of this machine can see it', collectWhole)
}

/** In the order of the flags' help; undefined: none was given. @throws CliError `usage` */
export async function givenSecrets(flags: SecretFlags, context: Context): Promise<string[] | undefined> {
  const { secret, secretFile, secretEnv } = flags
  if (secret === undefined && secretFile === undefined && secretEnv === undefined) return undefined
  const fromFile = secretFile === undefined ? [] : linesOf(await textOf(secretFile, context))
  if (secretFile !== undefined && fromFile.length === 0)
    throw usageError(`--secret-file ${secretFile} holds no secret.`)
  const fromEnv = (secretEnv ?? []).map((name) => {
    const value = context.env[name]?.replace(/\r?\n$/, '')
    if (!value) throw usageError(`--secret-env ${name}: the variable ${name} is not set, or empty.`)
    return value
  })
  return [...fromFile, ...fromEnv, ...(secret ?? [])]
}

/** Secrets from a text of several, one a line. */
export function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

async function textOf(path: string, context: Context): Promise<string> {
  return Buffer.from(await readBytes(path, SECRET_BYTES_MAX, context)).toString('utf8')
}

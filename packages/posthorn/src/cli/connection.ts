import { type Command, Option } from 'commander'
import { createClient, type PosthornClient } from '../client/client.ts'
import type { Context } from './context.ts'
import { CliError, usageError } from './exit.ts'

export const DEFAULT_URL = 'http://127.0.0.1:3400'

export interface ConnectionFlags {
  readonly url?: string
  readonly key?: string
  readonly tenant?: string
  readonly json?: boolean
}

export interface Connection {
  readonly client: PosthornClient
  readonly url: string
  /** For `createClient` once more, with another tenant or key. */
  readonly key: string | undefined
  readonly tenant: string | undefined
}

/** Adds what every command over the API takes. */
export function addConnectionOptions(command: Command): Command {
  return command
    .addOption(new Option('--url <URL>', `Where the server is (default: ${DEFAULT_URL}; POSTHORN_URL)`))
    .addOption(new Option('--key <KEY>', 'API key; better given as a variable (POSTHORN_KEY)'))
    .addOption(
      new Option('--tenant <ID>', 'With an admin key: the tenant to work on, id or slug (POSTHORN_TENANT)'),
    )
    .option('--json', 'JSON for programs: one document, or a row a line for lists')
}

/** @throws CliError `usage` for a URL that is none, `denied` without a key */
export function connect(flags: ConnectionFlags, { env }: Context): Connection {
  const url = flags.url ?? (env.POSTHORN_URL || DEFAULT_URL)
  const key = flags.key ?? (env.POSTHORN_KEY || undefined)
  const tenant = flags.tenant ?? (env.POSTHORN_TENANT || undefined)
  if (key === undefined)
    throw new CliError('denied', 'No API key was given: set the variable POSTHORN_KEY, or use --key.', {
      problem: { code: 'unauthorized' },
    })
  if (!/^[\x21-\x7e]+$/.test(key))
    throw usageError('The API key (POSTHORN_KEY, --key) has blanks or characters that cannot be sent.')
  return { client: clientFor(url, key, tenant), url, key, tenant }
}

export function clientFor(url: string, key: string | undefined, tenant: string | undefined): PosthornClient {
  try {
    return createClient({ baseUrl: url, key, tenant })
  } catch {
    throw usageError(`--url ${JSON.stringify(url)} (POSTHORN_URL) is no http:// or https:// address.`)
  }
}

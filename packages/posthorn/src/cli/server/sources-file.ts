import { readFile, stat } from 'node:fs/promises'
import { isPosthornError } from '../../domain/error.ts'
import { inWords } from '../../domain/pointer.ts'
import { type Environment, parseSourcesFile } from '../../engine/directory/source-file.ts'
import type { UseCases } from '../../engine/use-cases.ts'
import type { Logger } from '../../ports/logger.ts'
import { CliError } from '../exit.ts'

const FILE_BYTES_MAX = 4 * 1024 * 1024
const TENANT = 'default'

/**
 * Makes and changes the sources of the tenant `default` as a file says. Those that are not in it stay as they are.
 * @throws CliError `config`, with everything that is wrong in the file; nothing was changed then
 */
export async function declareFromFile(
  path: string,
  env: Environment,
  { sources, tenants }: Pick<UseCases, 'sources' | 'tenants'>,
  logger: Logger,
): Promise<void> {
  const text = await readText(path)
  try {
    const { id } = await tenants.get(TENANT)
    for (const { source, change } of await sources.declare(id, parseSourcesFile(text, env)))
      if (change !== 'unchanged')
        logger.info(`a source was ${change}`, { source: source.slug, tenant_id: id })
  } catch (error) {
    if (!isPosthornError(error) || error.status === 503 || error.code === 'secret_unreadable') throw error
    throw refused(path, error.message, error.flaws, error)
  }
}

async function readText(path: string): Promise<string> {
  try {
    const { size } = await stat(path)
    if (size > FILE_BYTES_MAX) throw new Error(`it has ${size} bytes, at most ${FILE_BYTES_MAX} are read`)
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw refused(path, `The file cannot be read: ${(cause as Error).message}.`, [], cause)
  }
}

function refused(
  path: string,
  detail: string,
  flaws: ReadonlyArray<{ readonly path: string; readonly message: string }>,
  cause: unknown,
): CliError {
  const lines = flaws.map((flaw) => `\n  ${inWords(flaw.path)} ${flaw.message}`)
  const text = `--sources (POSTHORN_SOURCES_FILE) ${JSON.stringify(path)}: ${flaws.length > 0 ? 'it does not fit.' : detail}`
  const hint = '\nNothing was changed. Mend the file, or start without it.'
  return new CliError('config', text + lines.join('') + hint, {
    problem: { code: 'config_invalid', errors: flaws },
    cause,
  })
}

import { isPosthornError, PosthornError } from '../domain/error.ts'
import type { TenantId } from '../domain/ids.ts'
import type { SourceUseCases } from '../engine/receive/use-cases.ts'

/** The names of sources that handlers may ask for: those that the application declares, and those that are stored. */
export class SourceNames {
  readonly #declared = new Set<string>()
  /** Asked for by handlers and not declared: stored ones, if the word of the application is right. */
  readonly #stored = new Set<string>()
  #started = false

  /** @throws PosthornError `config_invalid` for what is no name, or taken */
  declare(name: string): void {
    if (!/^[a-z0-9][a-z0-9_-]{0,62}$/.test(name))
      throw new PosthornError(
        'config_invalid',
        `The source name ${JSON.stringify(name)} must be lower-case letters, digits, "-" and "_".`,
      )
    if (this.#declared.has(name))
      throw new PosthornError('config_invalid', `There is already a source ${name}.`)
    this.#declared.add(name)
  }

  /** @throws PosthornError `config_invalid` after the start, when nobody looks any more whether it is stored */
  ask(name: string): void {
    if (this.#declared.has(name) || this.#stored.has(name)) return
    if (this.#started)
      throw unknown(name, 'Declare it with source(), or name it in a handler before start().')
    this.#stored.add(name)
  }

  /**
   * @throws PosthornError `config_invalid` when a handler's source is neither declared nor stored, or both: the handlers
   * of the one would get the events of the other
   */
  async check(sources: Pick<SourceUseCases, 'get'>, tenantId: TenantId): Promise<void> {
    for (const name of this.#stored)
      if (!this.#declared.has(name) && !(await isStored(sources, tenantId, name)))
        throw unknown(
          name,
          'Declare it with source(), or create a source of that slug in the default tenant.',
        )
    for (const name of this.#declared)
      if (await isStored(sources, tenantId, name))
        throw new PosthornError(
          'config_invalid',
          `The source ${JSON.stringify(name)} is declared in code, and a source of that slug is stored too. Rename or delete one of them.`,
        )
    this.#started = true
  }
}

async function isStored(
  sources: Pick<SourceUseCases, 'get'>,
  tenantId: TenantId,
  name: string,
): Promise<boolean> {
  try {
    return (await sources.get(tenantId, name)).slug === name
  } catch (error) {
    if (isPosthornError(error) && error.code === 'not_found') return false
    throw error
  }
}

function unknown(name: string, what: string): PosthornError {
  return new PosthornError(
    'config_invalid',
    `There is no source ${JSON.stringify(name)} for its handlers. ${what}`,
  )
}

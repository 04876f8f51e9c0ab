import { PosthornError } from '../../domain/error.ts'
import { filterFlaw, matcher } from '../../domain/filter.ts'
import type { SourceId, TargetId, TenantId } from '../../domain/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Target, TargetFinder } from '../deliver/target.ts'
import type { HandlerFunction } from './handler-context.ts'
import { checkHandlerOptions, type HandlerOptions } from './handler-options.ts'
import { HandlerTarget } from './handler-target.ts'

interface Registered {
  readonly source: string
  readonly fits: (type: string) => boolean
  readonly target: HandlerTarget
}

/** The functions of this process that handle events of its sources. */
export class Handlers implements TargetFinder {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #added: (target: Target) => void
  readonly #registered = new Map<TargetId, Registered>()

  /** @param parts.added is told of each handler: what waits for it may go now */
  constructor(parts: { clock: Clock; logger: Logger; added: (target: Target) => void }) {
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#added = parts.added
  }

  /**
   * @param pattern filter over event types: `*`, exact, `invoice.*`
   * @throws PosthornError `config_invalid`
   */
  on(source: string, pattern: string, run: HandlerFunction, options: HandlerOptions = {}): void {
    const flaw = filterFlaw(pattern)
    if (flaw !== null)
      throw new PosthornError('config_invalid', `The pattern ${JSON.stringify(pattern)} ${flaw}.`)
    checkHandlerOptions(`${source} ${pattern}`, options)
    // The id is stored with each delivery: after a restart the same source, pattern and name find the same handler.
    const id: TargetId = `hdl_${source}:${options.name ?? pattern}`
    if (this.#registered.has(id))
      throw new PosthornError(
        'config_invalid',
        `There is already a handler for ${source} ${pattern}. Give one of them a name.`,
      )
    const target = new HandlerTarget({ id, source, run, options, clock: this.#clock, logger: this.#logger })
    this.#registered.set(id, { source, fits: matcher([pattern]), target })
    this.#added(target)
  }

  match(_tenantId: TenantId, sourceId: SourceId | null, eventType: string): readonly Target[] {
    if (sourceId === null) return []
    const fitting = [...this.#registered.values()].filter(
      ({ source, fits }) => `src_${source}` === sourceId && fits(eventType),
    )
    return fitting.map(({ target }) => target)
  }

  find(_tenantId: TenantId, id: TargetId): Target | null {
    return this.#registered.get(id)?.target ?? null
  }

  /** Never: the next version of the application may have it again. */
  async isDeleted(): Promise<boolean> {
    return false
  }
}

import { PosthornError } from '../../domain/error.ts'
import { filterFlaw, matcher } from '../../domain/filter.ts'
import type { TargetId, TenantId } from '../../domain/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Target, TargetFinder } from '../deliver/target.ts'
import type { HandlerFunction } from './handler-context.ts'
import { checkHandlerOptions, type HandlerOptions } from './handler-options.ts'
import { HandlerTarget } from './handler-target.ts'
import type { Transactions } from './transactions.ts'

interface Registered {
  readonly source: string
  readonly fits: (type: string) => boolean
  readonly target: HandlerTarget
}

export interface HandlersParts {
  readonly clock: Clock
  readonly logger: Logger
  readonly transactions: Transactions
  /** Told of each handler: what waits for it may go now. */
  readonly added: (target: Target) => void
}

/** The functions of this process that handle events of its sources. */
export class Handlers implements Omit<TargetFinder, 'match'> {
  readonly #parts: HandlersParts
  readonly #registered = new Map<TargetId, Registered>()

  constructor(parts: HandlersParts) {
    this.#parts = parts
  }

  /**
   * @param pattern filter over event types: `*`, exact, `invoice.*`, `orders/*`
   * @throws PosthornError `config_invalid`
   */
  on(source: string, pattern: string, run: HandlerFunction, options: HandlerOptions = {}): void {
    const flaw = filterFlaw(pattern, 'inbound')
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
    const target = new HandlerTarget({ ...this.#parts, id, source, run, options })
    this.#registered.set(id, { source, fits: matcher([pattern], 'inbound'), target })
    this.#parts.added(target)
  }

  /** @param sourceName slug of a stored source, or the name that the application gave */
  match(sourceName: string, eventType: string): readonly Target[] {
    const fitting = [...this.#registered.values()].filter(
      ({ source, fits }) => source === sourceName && fits(eventType),
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

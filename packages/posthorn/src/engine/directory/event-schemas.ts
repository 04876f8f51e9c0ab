import { PosthornError } from '../../domain/error.ts'
import type { EventType } from '../../domain/records.ts'
import type { TimeLimit } from '../../ports/time-limit.ts'
import { SchemaCompiler, type SchemaValidator } from './json-schema.ts'
import type { TenantView } from './tenant-view.ts'

/** Compiled schemas kept, over all tenants: some 10 to 100 KiB each. */
const COMPILED_MAX = 500

/** What the catalogue of event types says about an event that is to be published. */
export class EventSchemas {
  readonly #compiler: SchemaCompiler
  /** By the schema's text: an entry survives changes of other things in its tenant. In the order of their last use. */
  readonly #compiled = new Map<string, SchemaValidator>()
  readonly #ofRecord = new WeakMap<EventType, SchemaValidator>()

  constructor(limit: TimeLimit) {
    this.#compiler = new SchemaCompiler(limit)
  }

  /**
   * Types that are not in the catalogue may be published, and those without a schema carry any data.
   * @param readData gives the parsed data; called only when there is a schema to hold them against
   * @throws PosthornError `event_type_archived`; `schema_mismatch` with the places below `/data`
   */
  check(view: TenantView, type: string, readData: () => unknown): void {
    const eventType = view.eventTypes.get(type)
    if (!eventType) return
    if (eventType.archived)
      throw new PosthornError(
        'event_type_archived',
        `The event type ${type} is archived: it may not be published.`,
      )
    if (eventType.schema === null || eventType.schema === undefined) return
    const flaws = this.#validator(eventType)(readData(), '/data')
    if (flaws.length === 0) return
    const list = flaws.map(({ path, message }) => `${path} ${message}`).join('; ')
    throw new PosthornError('schema_mismatch', `The data do not fit the schema of ${type}: ${list}.`, {
      flaws,
    })
  }

  /** @throws PosthornError `schema_refused` */
  compile(schema: unknown): SchemaValidator {
    return this.#compiler.compile(schema)
  }

  #validator(eventType: EventType): SchemaValidator {
    const known = this.#ofRecord.get(eventType)
    if (known) return known
    const text = JSON.stringify(eventType.schema)
    const validator = this.#compiled.get(text) ?? this.#compiler.compile(eventType.schema)
    this.#compiled.delete(text)
    this.#compiled.set(text, validator)
    const [oldest] = this.#compiled.keys()
    if (this.#compiled.size > COMPILED_MAX && oldest !== undefined) this.#compiled.delete(oldest)
    this.#ofRecord.set(eventType, validator)
    return validator
  }
}

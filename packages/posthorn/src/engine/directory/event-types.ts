import { type Flaw, PosthornError } from '../../domain/error.ts'
import { publishableTypeFlaw } from '../../domain/event-type.ts'
import type { TenantId } from '../../domain/ids.ts'
import { LIMITS } from '../../domain/limits.ts'
import type { EventType } from '../../domain/records.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Store, Versioned } from '../../ports/store.ts'
import type { EventTypeInput, EventTypeUseCases, Page, PageRequest } from '../use-cases.ts'
import type { Directory } from './directory.ts'
import type { EventSchemas } from './event-schemas.ts'
import { descriptionFlaw, flawAt, isObject, oneOfFlaw, refuse } from './flaws.ts'
import { changeRecord, recordPage } from './records.ts'

/** Examples are for reading: a handful, together no larger than a schema. */
const EXAMPLES_MAX = 20

export interface EventTypesParts {
  readonly store: Pick<Store, 'eventTypes'>
  readonly clock: Clock
  readonly directory: Directory
  readonly schemas: EventSchemas
}

type Patch = Partial<Omit<EventTypeInput, 'name'>>

/** The catalogue of event types of a tenant. */
export class EventTypes implements EventTypeUseCases {
  readonly #parts: EventTypesParts

  constructor(parts: EventTypesParts) {
    this.#parts = parts
  }

  /** @throws PosthornError `name_taken`, `schema_refused`, `schema_mismatch` for an example, `invalid_request` */
  async create(tenantId: TenantId, input: EventTypeInput): Promise<EventType> {
    checkFields(input, ['name', 'description', 'schema', 'examples', 'archived'])
    refuse(flawAt(publishableTypeFlaw(input.name), 'name'), 'The event type does not fit')
    const { store, clock, directory } = this.#parts
    const now = clock.now()
    const empty = { description: '', schema: null, examples: [], archived: false }
    const eventType = merge(
      { ...empty, tenantId, name: input.name, createdAt: now, updatedAt: now },
      input,
      now,
    )
    this.#checkSchema(eventType)
    await directory.tenant(tenantId)
    if (!(await store.eventTypes.insert(eventType)))
      throw new PosthornError('name_taken', `There is an event type ${input.name} already.`, {
        flaws: [{ path: '/name', message: 'is taken' }],
      })
    directory.invalidate(tenantId)
    return eventType
  }

  async get(tenantId: TenantId, name: string): Promise<EventType> {
    return (await this.#read(tenantId, name)).record
  }

  list(tenantId: TenantId, page: PageRequest): Promise<Page<EventType>> {
    return recordPage(this.#parts.store.eventTypes, 'event-types', tenantId, page)
  }

  async update(tenantId: TenantId, name: string, patch: Patch): Promise<EventType> {
    checkFields(patch, ['description', 'schema', 'examples', 'archived'])
    const { store, clock, directory } = this.#parts
    try {
      return await changeRecord(
        store.eventTypes,
        () => this.#read(tenantId, name),
        (present) => {
          const changed = merge(present, patch, clock.now())
          if (patch.schema !== undefined || patch.examples !== undefined) this.#checkSchema(changed)
          return changed
        },
      )
    } finally {
      directory.invalidate(tenantId)
    }
  }

  async delete(tenantId: TenantId, name: string): Promise<void> {
    const { store, directory } = this.#parts
    await this.#read(tenantId, name)
    try {
      await store.eventTypes.delete(tenantId, name)
    } finally {
      directory.invalidate(tenantId)
    }
  }

  async #read(tenantId: TenantId, name: string): Promise<Versioned<EventType>> {
    const found = await this.#parts.store.eventTypes.getByName(tenantId, name)
    if (!found) throw new PosthornError('not_found', `There is no event type ${JSON.stringify(name)}.`)
    return found
  }

  /** An example that does not fit its schema misleads everybody who reads it. */
  #checkSchema({ schema, examples }: EventType): void {
    if (schema === null) return
    const validate = this.#parts.schemas.compile(schema)
    const flaws = examples.flatMap((example, index) => validate(example, `/examples/${index}`))
    refuse(flaws, 'An example does not fit the schema', 'schema_mismatch')
  }
}

function merge(
  present: EventType,
  { description, schema, examples, archived }: Patch,
  now: number,
): EventType {
  return {
    ...present,
    description: description ?? present.description,
    schema: schema === undefined ? present.schema : schema,
    examples: examples ?? present.examples,
    archived: archived ?? present.archived,
    updatedAt: now,
  }
}

function checkFields(fields: Patch, known: readonly string[]): void {
  if (!isObject(fields)) throw new PosthornError('invalid_request', 'An event type must be an object.')
  const { description, examples, archived } = fields as Patch
  const flaws: Flaw[] = Object.keys(fields).flatMap((field) =>
    known.includes(field) ? [] : flawAt('is not a field of an event type that can be set here', field),
  )
  if (description !== undefined)
    flaws.push(...flawAt(descriptionFlaw(description, LIMITS.descriptionChars), 'description'))
  if (examples !== undefined) flaws.push(...flawAt(examplesFlaw(examples), 'examples'))
  if (archived !== undefined) flaws.push(...flawAt(oneOfFlaw(archived, [true, false]), 'archived'))
  refuse(flaws, 'The event type does not fit')
}

function examplesFlaw(examples: unknown): string | null {
  if (!Array.isArray(examples)) return 'must be a list'
  if (examples.length > EXAMPLES_MAX)
    return `has ${examples.length} examples, at most ${EXAMPLES_MAX} are allowed`
  const bytes = Buffer.byteLength(JSON.stringify(examples))
  return bytes > LIMITS.schemaBytes ? `has ${bytes} bytes, at most ${LIMITS.schemaBytes} are allowed` : null
}

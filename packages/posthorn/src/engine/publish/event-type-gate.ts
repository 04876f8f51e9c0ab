import { isJson } from '../../domain/body.ts'
import { PosthornError } from '../../domain/error.ts'
import type { EventRecord } from '../../domain/event.ts'
import type { TenantId } from '../../domain/ids.ts'
import type { Directory } from '../directory/directory.ts'
import type { EventSchemas } from '../directory/event-schemas.ts'
import type { TenantView } from '../directory/tenant-view.ts'

/** Lets an event of a catalogued type in only if its data fits. */
export class EventTypeGate {
  readonly #directory: Directory
  readonly #schemas: EventSchemas

  constructor({ directory, schemas }: { directory: Directory; schemas: EventSchemas }) {
    this.#directory = directory
    this.#schemas = schemas
  }

  /** Brings what `check` needs into memory. Never rejects: what is wrong with the tenant, `check` says. */
  async warm(tenantId: TenantId): Promise<void> {
    if (this.#directory.peek(tenantId) === undefined)
      await this.#directory.tenantView(tenantId).catch(() => undefined)
  }

  /**
   * null when it was let in at once; else settles with the verdict.
   * @throws PosthornError schema_mismatch, event_type_archived, not_found
   */
  check(event: EventRecord): Promise<void> | null {
    const view = this.#directory.peek(event.tenantId)
    if (view === undefined)
      return this.#directory.tenantView(event.tenantId).then((loaded) => this.#check(loaded, event))
    this.#check(view, event)
    return null
  }

  #check(view: TenantView, event: EventRecord): void {
    this.#schemas.check(view, event.type, () => parsedData(event))
  }
}

function parsedData({ type, contentType, data }: EventRecord): unknown {
  const refuse = (why: string) =>
    new PosthornError('schema_mismatch', `The event type ${type} has a schema, and the data ${why}.`, {
      flaws: [{ path: '/data', message: why }],
    })
  if (!isJson(contentType)) throw refuse('is not JSON')
  try {
    return JSON.parse(new TextDecoder().decode(data))
  } catch {
    throw refuse('is not valid JSON')
  }
}

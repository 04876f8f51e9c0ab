/** What the schemas of all subjects share. Unknown fields are refused everywhere. */
import { type Static, type TProperties, type TSchema, Type } from 'typebox'
import { ERRORS, type ErrorCode } from '../../../domain/error.ts'
import { LIMITS } from '../../../domain/limits.ts'

/** An object of the contract. The title makes it a named component of the OpenAPI document. */
export function named<P extends TProperties>(title: string, properties: P, description?: string) {
  return Type.Object(properties, {
    title,
    additionalProperties: false,
    ...(description === undefined ? {} : { description }),
  })
}

/** An object without a name of its own: queries, params. */
export function fields<P extends TProperties>(properties: P) {
  return Type.Object(properties, { additionalProperties: false })
}

export function nullable<S extends TSchema>(schema: S) {
  return Type.Union([schema, Type.Null()])
}

/** A list: one page, newest first. */
export function page<S extends TSchema>(item: S) {
  return fields({
    data: Type.Array(item),
    next_cursor: Type.Union([Type.String(), Type.Null()], {
      description: 'Give it as `cursor` for the next page; null on the last one.',
    }),
  })
}

/** Text without control characters and lone surrogates, which no store and no terminal keeps faithfully. */
const PRINTABLE = '^[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]*$'
/** The same, with line breaks and tabs. */
const PROSE = '^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f\\ud800-\\udfff]*$'

export function line(minLength: number, maxLength: number, description?: string) {
  return Type.String({
    minLength,
    maxLength,
    pattern: PRINTABLE,
    'x-expects': `text of ${minLength} to ${maxLength} characters without control characters`,
    ...(description === undefined ? {} : { description }),
  })
}

export const Prose = Type.String({
  maxLength: LIMITS.descriptionChars,
  pattern: PROSE,
  'x-expects': `text of at most ${LIMITS.descriptionChars} characters without control characters`,
})

/** On the way in: RFC 3339 with a zone. On the way out: UTC with milliseconds. */
export const Instant = Type.String({
  format: 'date-time',
  'x-expects': 'an instant such as 2026-01-31T12:00:00.000Z (RFC 3339, with a zone)',
})

export const Id = Type.String({ minLength: 1, maxLength: LIMITS.eventIdChars })

export const IdParams = fields({ id: Id })

/** With an event's id: where it came from, since an id is unique for each source only. */
export const EventSource = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: 64,
    description:
      'Id or slug of the source that the event came from; left out: it was published over the API.',
  }),
)

/** Asks for a page. */
export const pageQuery = {
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: LIMITS.pageMax,
      default: LIMITS.pageDefault,
      description: 'Rows a page.',
    }),
  ),
  cursor: Type.Optional(
    Type.String({ minLength: 1, maxLength: 1024, description: 'Of the page before, with the same filters.' }),
  ),
}

export const PageQuery = fields(pageQuery)

/** RFC 9457. `code` is stable. */
export const Problem = named('Problem', {
  type: Type.String({ description: '`urn:posthorn:error:CODE`' }),
  title: Type.String(),
  status: Type.Integer(),
  code: Type.Enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
  detail: Type.String({ description: 'What is wrong, where, and what to do.' }),
  errors: Type.Array(
    fields({
      path: Type.String({
        description: 'JSON Pointer into the body, or `query/limit`, `header/posthorn-tenant`.',
      }),
      message: Type.String(),
    }),
  ),
})

export type Problem = Static<typeof Problem>

import { LIMITS } from '../../domain/limits.ts'
import { ANYBODY, type Operation, READERS, WRITERS } from './operation.ts'
import { IdParams, PageQuery, page } from './schemas/common.ts'
import {
  InboundRequest,
  InboundRequestPage,
  ReplayRequestInput,
  RequestParams,
  RequestReplayed,
  RequestsQuery,
  Reverified,
} from './schemas/request.ts'
import { LetThroughInput, Provider, Source, SourceInput, SourcePatch } from './schemas/source.ts'

const read = { tag: 'Sources', scopes: READERS, tenant: true } as const
const write = { tag: 'Sources', scopes: WRITERS, tenant: true } as const

/** A replayed body may be as large as one that came, as base64 and in its envelope. */
const REPLAY_BYTES = Math.ceil(LIMITS.inboundBodyBytesMax * 1.4)

export const SOURCE_OPERATIONS = {
  createSource: {
    ...write,
    summary: 'Create a source',
    description: 'The answer holds `ingest_url`, where the provider is to send. Secrets are never shown.',
    body: SourceInput,
    responses: { 201: Source },
    errors: ['name_taken', 'secret_refused'],
  },
  listSources: {
    ...read,
    summary: 'List sources',
    query: PageQuery,
    responses: { 200: page(Source) },
    errors: ['cursor_invalid'],
  },
  getSource: {
    ...read,
    summary: 'Get a source',
    description: 'By id or slug, as everywhere below.',
    params: IdParams,
    responses: { 200: Source },
    errors: ['not_found'],
  },
  updateSource: {
    ...write,
    summary: 'Change a source',
    description: 'Changes only the fields that are given; `secrets` replaces all of them.',
    params: IdParams,
    body: SourcePatch,
    responses: { 200: Source },
    errors: ['not_found', 'secret_refused', 'changed_meanwhile'],
  },
  deleteSource: {
    ...write,
    summary: 'Delete a source',
    description: 'Its requests are answered 404 from now on; what it brought stays until retention takes it.',
    params: IdParams,
    responses: { 204: null },
    errors: ['not_found', 'changed_meanwhile'],
  },
  letThrough: {
    ...write,
    summary: 'Let a redelivery through',
    description:
      'For a while, what the provider sends again is delivered again instead of being dropped as a duplicate.',
    params: IdParams,
    body: LetThroughInput,
    bodyOptional: true,
    responses: { 200: Source },
    errors: ['not_found', 'state_conflict', 'changed_meanwhile'],
  },
  listRequests: {
    ...read,
    summary: 'The requests to a source',
    description: 'As they came, without bodies; refused ones too, the newest of them.',
    params: IdParams,
    query: RequestsQuery,
    responses: { 200: InboundRequestPage },
    errors: ['not_found', 'cursor_invalid'],
  },
  getRequest: {
    ...read,
    summary: 'Get a request with headers and body',
    params: RequestParams,
    responses: { 200: InboundRequest },
    errors: ['not_found'],
  },
  // It changes nothing, but hashes the body up to some hundred times: not for those who may only look.
  verifyRequest: {
    ...write,
    summary: 'Verify a request again, and say what is wrong',
    description: 'As of its receipt, with the source as it is now.',
    params: RequestParams,
    responses: { 200: Reverified },
    errors: ['not_found', 'state_conflict'],
  },
  replayRequest: {
    ...write,
    tag: 'Replays',
    summary: 'Take a request in again',
    description:
      'As it came: what it brought is delivered again. Edited: it becomes a new event. It must verify, unless `unverified` is set.',
    params: RequestParams,
    body: ReplayRequestInput,
    bodyOptional: true,
    bodyLimit: REPLAY_BYTES,
    responses: { 202: RequestReplayed },
    errors: ['not_found', 'state_conflict', 'schema_mismatch', 'event_type_archived'],
  },
  listProviders: {
    tag: 'Sources',
    scopes: ANYBODY,
    tenant: false,
    summary: 'The presets for `provider` of a source',
    description: 'By name. For any key.',
    query: PageQuery,
    responses: { 200: page(Provider) },
    errors: ['cursor_invalid'],
  },
} as const satisfies Record<string, Operation>

import { Type } from 'typebox'
import { type Operation, READERS, WRITERS } from './operation.ts'
import { IdParams, PageQuery } from './schemas/common.ts'
import {
  Bulk,
  BulkInput,
  BulkItemPage,
  BulkPage,
  BulkStarted,
  DeadLetters,
  LiveHeaders,
  LiveQuery,
  Overview,
  OverviewQuery,
  SearchQuery,
  SearchResult,
} from './schemas/insight.ts'

const read = { tag: 'Overview', scopes: READERS, tenant: true } as const
const dead = { ...read, tag: 'Deliveries' } as const
const write = { ...dead, scopes: WRITERS } as const

export const INSIGHT_OPERATIONS = {
  getOverview: {
    ...read,
    summary: 'What happens, in numbers',
    description:
      'Events and attempts by time, what waits, what is dead, and what fails worst. Counts by time are kept for a day; a process that is killed loses those of its last seconds.',
    query: OverviewQuery,
    responses: { 200: Overview },
    errors: [],
  },
  search: {
    ...read,
    summary: 'Find by id or name',
    description:
      'Events, deliveries, requests, replays and bulks by their whole id; subscriptions, sources and event types by the beginning of id or name. At most 20.',
    query: SearchQuery,
    responses: { 200: SearchResult },
    errors: [],
  },
  live: {
    ...read,
    summary: 'What happens, as it happens',
    description:
      'Server-sent events: `delivery` and `event` with rows as in lists, `overview` every 5 seconds, `changed` when configuration was changed. About once a second; of more than 100 rows in a second the newest. A comment every 15 seconds. It ends after five minutes, with the session, at a stop of the server, or when it is read too slowly: call again with the id of the last message.',
    query: LiveQuery,
    headers: LiveHeaders,
    media: 'text/event-stream',
    responses: { 200: Type.String() },
    errors: ['not_found', 'rate_limited'],
  },
  listDeadLetters: {
    ...dead,
    summary: 'Dead letters by cause',
    responses: { 200: DeadLetters },
    errors: [],
  },
  startBulk: {
    ...write,
    summary: 'Retry or drop many dead letters',
    description:
      'Goes on in the background, newest first, and survives a restart; `GET /deliveries/bulk/{id}` tells how far it is.',
    body: BulkInput,
    responses: { 202: BulkStarted },
    errors: ['state_conflict'],
  },
  listBulks: {
    ...dead,
    summary: 'List bulks',
    query: PageQuery,
    responses: { 200: BulkPage },
    errors: ['cursor_invalid'],
  },
  getBulk: {
    ...dead,
    summary: 'How far a bulk is',
    params: IdParams,
    responses: { 200: Bulk },
    errors: ['not_found'],
  },
  listBulkItems: {
    ...dead,
    summary: 'What came of each delivery of a bulk',
    params: IdParams,
    query: PageQuery,
    responses: { 200: BulkItemPage },
    errors: ['not_found', 'cursor_invalid'],
  },
  cancelBulk: {
    ...write,
    summary: 'Stop a bulk',
    description: 'What it has changed stays so.',
    params: IdParams,
    responses: { 200: Bulk },
    errors: ['not_found', 'state_conflict'],
  },
} as const satisfies Record<string, Operation>

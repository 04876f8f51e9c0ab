/** An API server on fake use cases, asked without a socket; every answer is held against the contract. */
import assert from 'node:assert/strict'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import type { LightMyRequestResponse } from 'fastify'
import type { TSchema } from 'typebox'
import { CONTRACT } from '../../../src/api/contract/contract.ts'
import type { Operation } from '../../../src/api/contract/operation.ts'
import { OPERATIONS, type OperationId } from '../../../src/api/contract/operations.ts'
import { Problem } from '../../../src/api/contract/schemas/common.ts'
import { type ApiServer, type ApiServerParts, createApiServer } from '../../../src/api/server.ts'
import type { Logger } from '../../../src/ports/logger.ts'
import type { Random } from '../../../src/ports/random.ts'
import { FakeClock } from '../../../src/testing/fake-clock.ts'
import { type CallRecord, fakeUseCases } from './fake-use-cases.ts'

export const VERSION = '9.9.9-test'

/** Not random at all: each byte is the one before plus one. */
export function countingRandom(): Random {
  let next = 0
  return { bytes: (count) => Uint8Array.from({ length: count }, () => next++ & 0xff), unit: () => 0 }
}

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error'
  readonly text: string
  readonly fields: Readonly<Record<string, unknown>> | undefined
}

export interface Rig {
  readonly server: ApiServer
  readonly clock: FakeClock
  readonly calls: CallRecord[]
  readonly log: LogLine[]
}

export function makeRig(
  overrides: Parameters<typeof fakeUseCases>[0] = {},
  parts: Partial<ApiServerParts> = {},
): Rig {
  const { useCases, calls } = fakeUseCases(overrides)
  const log: LogLine[] = []
  const write =
    (level: LogLine['level']): Logger['info'] =>
    (text, fields) => {
      log.push({ level, text, fields })
    }
  const clock = new FakeClock()
  const server = createApiServer({
    useCases,
    clock,
    random: countingRandom(),
    logger: { info: write('info'), warn: write('warn'), error: write('error') },
    metrics: async () => '# TYPE posthorn_up gauge\nposthorn_up 1\n',
    version: VERSION,
    ...parts,
  })
  return { server, clock, calls, log }
}

export interface Asked {
  readonly key?: string | null
  readonly headers?: Record<string, string>
  readonly body?: unknown
  /** Instead of `body`: as it is. */
  readonly payload?: string | Buffer
  readonly path?: string
  readonly query?: Record<string, string>
}

const ajv = new Ajv2020({ strict: false, validateSchema: false, formats: { 'date-time': true } })
const compiled = new WeakMap<TSchema, ValidateFunction>()

export function assertFits(schema: TSchema, value: unknown, what: string): void {
  let validate = compiled.get(schema)
  if (validate === undefined) {
    validate = ajv.compile(schema)
    compiled.set(schema, validate)
  }
  assert.ok(validate(value), `${what} does not fit its contract: ${ajv.errorsText(validate.errors)}`)
}

/** Asks for an operation. @returns the answer, which fits the contract: its response schema, or a problem */
export async function ask(
  rig: Pick<Rig, 'server'>,
  id: OperationId,
  asked: Asked = {},
): Promise<LightMyRequestResponse> {
  const [method, template = ''] = OPERATIONS[id].split(' ')
  const path =
    asked.path ??
    template.replace('{id}', defaultId(id)).replace('{name}', 'user.created').replace('{request_id}', 'req_1')
  const { key = 'admin-key' } = asked
  const payload = asked.payload ?? (asked.body === undefined ? undefined : JSON.stringify(asked.body))
  const response = await rig.server.inject({
    method: method as 'GET',
    url: path,
    headers: {
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
      ...asked.headers,
    },
    ...(asked.query === undefined ? {} : { query: asked.query }),
    ...(payload === undefined ? {} : { payload }),
  })
  assertContract(id, response)
  return response
}

function assertContract(id: OperationId, response: LightMyRequestResponse): void {
  const operation: Operation = CONTRACT[id]
  const what = `${id} ${response.statusCode}`
  const schema = operation.responses[response.statusCode]
  if (
    schema === undefined ||
    String(response.headers['content-type']).startsWith('application/problem+json')
  ) {
    assert.match(
      String(response.headers['content-type']),
      /^application\/problem\+json/,
      `${what}: ${response.body}`,
    )
    const problem = response.json<Problem>()
    assertFits(Problem, problem, what)
    assert.equal(problem.status, response.statusCode)
    return
  }
  if (schema === null) assert.equal(response.body, '', what)
  else if (operation.media === undefined) assertFits(schema, response.json(), what)
}

function defaultId(id: OperationId): string {
  if (id.includes('Tenant')) return 'acme'
  if (id.includes('Bulk')) return 'blk_1'
  if (id.includes('Replay') && id !== 'replaySubscription') return 'rpl_1'
  if (OPERATIONS[id].includes('/sources/')) return 'src_1'
  if (OPERATIONS[id].includes('/events/')) return 'evt_1'
  if (OPERATIONS[id].includes('/deliveries/')) return 'dlv_1'
  if (OPERATIONS[id].includes('/keys/')) return 'key_1'
  if (OPERATIONS[id].includes('/alert-rules/')) return 'alr_1'
  return 'sub_1'
}

export async function problemOf(
  response: LightMyRequestResponse,
  status: number,
  code: string,
): Promise<Problem> {
  assert.equal(response.statusCode, status, response.body)
  const problem = response.json<Problem>()
  assert.equal(problem.code, code, response.body)
  return problem
}

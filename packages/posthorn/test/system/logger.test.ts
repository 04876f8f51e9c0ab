import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger } from '../../src/system/logger.ts'
import { FakeClock } from '../../src/testing/fake-clock.ts'

function logged(level: 'info' | 'warn' = 'info') {
  const lines: string[] = []
  const stream = { write: (line: string) => void lines.push(line) }
  const clock = new FakeClock(Date.UTC(2026, 1, 3))
  const logger = createLogger({ stream, clock, level, fields: { role: 'worker' } })
  return { logger, lines, last: () => JSON.parse(lines.at(-1) ?? 'null') as Record<string, unknown> }
}

test('one JSON line each, with the time of the clock and names in snake_case', () => {
  const { logger, lines, last } = logged()
  logger.warn('it failed', {
    eventId: 'e1',
    eventType: 'a.b',
    tenant_id: 'ten_1',
    requestId: 'r1',
    durationMs: 1.5,
  })
  assert.deepEqual(last(), {
    ...{ level: 'warn', time: '2026-02-03T00:00:00.000Z', role: 'worker' },
    ...{ event_id: 'e1', event_type: 'a.b', tenant_id: 'ten_1', request_id: 'r1', duration_ms: 1.5 },
    msg: 'it failed',
  })
  assert.equal(lines.length, 1)
  assert.ok(lines[0]?.endsWith('}\n'))
})

test('levels below the chosen one are left out', () => {
  const { logger, lines } = logged('warn')
  logger.info('quiet')
  logger.error('loud')
  assert.equal(lines.length, 1)
})

test('a field may not stand in for the level, the time or the text of a line', () => {
  const { logger, lines, last } = logged()
  logger.info('real', { msg: 'forged', level: 'error', time: 'never', text: 'a\n{"level":"error"}' })
  assert.equal(lines.length, 1)
  const { msg, level, msg_ } = last()
  assert.deepEqual([msg, level, msg_], ['real', 'info', 'forged'])
  assert.equal(lines[0]?.match(/"msg":/g)?.length, 1)
})

test('secrets are cut out by name, at any depth, and by look, in any text', () => {
  const { logger, lines } = logged()
  const cause = new Error('postgres://app:hunter22@db/x did not answer')
  const error = Object.assign(new Error('bad key phk_AbCdEfGhIjKlMnOp', { cause }), { code: 'ECONNREFUSED' })
  logger.error('rotated whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', {
    error,
    signingSecret: 's3cret-1',
    headers: { authorization: 's3cret-2', 'set-cookie': ['s3cret-3'], nested: { api_key: 's3cret-4' } },
    data: { card: 's3cret-5' },
    body: 's3cret-6',
    header: 'Bearer abcdefghijklmnop',
    list: ['whsk_abcdefghijklmnop'],
    bytes: new Uint8Array(5),
  })
  const line = lines[0] ?? ''
  assert.doesNotMatch(line, /s3cret|MfKQ9r|AbCdEfGh|hunter22|abcdefgh/)
  const fields = JSON.parse(line)
  assert.equal(fields.msg, 'rotated whsec_[redacted]')
  assert.equal(fields.error.code, 'ECONNREFUSED')
  assert.equal(fields.error.message, 'bad key phk_[redacted]')
  assert.match(fields.error.cause.message, /^postgres:\/\/app:\[redacted\]@db\/x/)
  assert.equal(fields.bytes, '[5 bytes]')
})

test('what cannot be written as JSON does no harm', () => {
  const { logger, last } = logged()
  const circle: Record<string, unknown> = { name: 'c' }
  circle.self = circle
  logger.info('odd', { circle, big: 10n, none: undefined, run: () => 1, long: 'x'.repeat(100_000) })
  assert.equal(last().big, '10')
  assert.ok(String(last().long).length < 10_000)
})

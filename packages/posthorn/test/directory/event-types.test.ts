import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EventSchemas } from '../../src/engine/directory/event-schemas.ts'
import { SchemaCompiler } from '../../src/engine/directory/json-schema.ts'
import type { EventTypeInput } from '../../src/engine/use-cases.ts'
import { createTimeLimit } from '../../src/system/time-limit.ts'
import { openOffice, refusal } from './support/office.ts'

type Office = Awaited<ReturnType<typeof openOffice>>

const ORDER = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'https://example.com/order',
  type: 'object',
  properties: {
    id: { type: 'string', format: 'uuid' },
    lines: { type: 'array', items: { $ref: '#/$defs/line' } },
  },
  required: ['id'],
  additionalProperties: false,
  $defs: { line: { type: 'object', properties: { 'a/b~c': { type: 'integer', minimum: 1 } } } },
}
const GOOD = { id: '0190a1b2-aaaa-7bbb-8ccc-0123456789ab', lines: [{ 'a/b~c': 1 }] }

async function check(office: Office, type: string, data: unknown) {
  const view = await office.directory.tenantView(office.tenant.id)
  office.schemas.check(view, type, () => data)
}

test('the catalogue: created, read, listed, changed, deleted, each seen by a publish at once', async () => {
  await using office = await openOffice()
  const { tenant, eventTypes, clock } = office
  await eventTypes.create(tenant.id, { name: 'a.first' })
  const made = await eventTypes.create(tenant.id, { name: 'order.paid', schema: ORDER, examples: [GOOD] })
  assert.deepEqual(await eventTypes.get(tenant.id, 'order.paid'), made)
  const { items } = await eventTypes.list(tenant.id, { limit: 10, cursor: null })
  assert.deepEqual(
    items.map(({ name }) => name),
    ['order.paid', 'a.first'],
  )
  await check(office, 'order.paid', GOOD)
  await assert.rejects(check(office, 'order.paid', {}), refusal('schema_mismatch'))
  await clock.advance(1)
  const changed = await eventTypes.update(tenant.id, 'order.paid', { description: 'new', archived: true })
  assert.deepEqual(changed, { ...made, description: 'new', archived: true, updatedAt: clock.now() })
  await assert.rejects(check(office, 'order.paid', GOOD), refusal('event_type_archived'))
  await eventTypes.update(tenant.id, 'order.paid', { schema: null, archived: false })
  await check(office, 'order.paid', {})
  await eventTypes.delete(tenant.id, 'order.paid')
  await assert.rejects(eventTypes.get(tenant.id, 'order.paid'), refusal('not_found'))
  await assert.rejects(eventTypes.delete(tenant.id, 'order.paid'), refusal('not_found'))
  await assert.rejects(eventTypes.update(tenant.id, 'order.paid', {}), refusal('not_found'))
})

test('types without a schema, or not in the catalogue, carry anything, and their data is not even read', async () => {
  await using office = await openOffice()
  await office.eventTypes.create(office.tenant.id, { name: 'free.type' })
  const view = await office.directory.tenantView(office.tenant.id)
  for (const type of ['free.type', 'unknown.type', 'constructor', '__proto__'])
    office.schemas.check(view, type, () => assert.fail('the data was parsed'))
})

test('a mismatch names the place in the data', async () => {
  await using office = await openOffice()
  await office.eventTypes.create(office.tenant.id, { name: 'order.paid', schema: ORDER })
  const rows: ReadonlyArray<readonly [data: unknown, path: string, text: RegExp]> = [
    [{ ...GOOD, lines: [{}, { 'a/b~c': 0 }] }, '/data/lines/1/a~1b~0c', /must be >= 1/],
    [{ ...GOOD, colour: 1 }, '/data', /additional properties: "colour"/],
    [{}, '/data', /must have required property 'id'/],
    [{ id: 'x' }, '/data/id', /must match format "uuid"/],
    [null, '/data', /must be object/],
    [JSON.parse('{"__proto__": {"id": "x"}}'), '/data', /./],
  ]
  for (const [data, path, text] of rows)
    await assert.rejects(check(office, 'order.paid', data), refusal('schema_mismatch', [path], text))
})

test('what an object inherits does not count as given', () => {
  const compiler = new SchemaCompiler(createTimeLimit())
  const validate = compiler.compile({ type: 'object', required: ['constructor', 'toString'] })
  assert.equal(validate({}, '/data').length, 1)
  assert.deepEqual(validate({ constructor: 1, toString: 2 }, '/data'), [])
})

test('names, fields and examples that may not be', async () => {
  await using office = await openOffice()
  const create = (input: object) => office.eventTypes.create(office.tenant.id, input as EventTypeInput)
  for (const name of ['', 'a b', 'posthorn.mine', 'a*', undefined])
    await assert.rejects(create({ name }), refusal('invalid_request', ['/name']), String(name))
  await assert.rejects(
    create({ name: 'a', colour: 1, description: 5, examples: {}, archived: 'no' }),
    refusal('invalid_request', ['/colour', '/description', '/examples', '/archived']),
  )
  await assert.rejects(
    create({ name: 'a', examples: Array(21).fill(1) }),
    refusal('invalid_request', ['/examples']),
  )
  await assert.rejects(
    create({ name: 'a', schema: ORDER, examples: [GOOD, { id: 5 }] }),
    refusal('schema_mismatch', ['/examples/1/id']),
  )
  await create({ name: 'a' })
  await assert.rejects(create({ name: 'a' }), refusal('name_taken', ['/name']))
  await assert.rejects(
    office.eventTypes.update(office.tenant.id, 'a', { name: 'b' } as object),
    refusal('invalid_request', ['/name']),
  )
  await assert.rejects(office.eventTypes.create('ten_none', { name: 'a' }), refusal('not_found'))
})

test('schemas that cannot be used are refused with the reason', async () => {
  await using office = await openOffice()
  const create = (schema: unknown) => office.eventTypes.create(office.tenant.id, { name: 'a', schema })
  const rows: ReadonlyArray<readonly [unknown, RegExp]> = [
    ['{}', /must be a JSON object/],
    [[], /must be a JSON object/],
    [true, /must be a JSON object/],
    [{ type: 'objekt' }, /schema\/type/],
    [{ properties: { a: { minimum: 'x' } } }, /schema\/properties\/a\/minimum/],
    [
      { $ref: 'https://example.com/other.json' },
      /can't resolve reference https:\/\/example\.com\/other\.json/,
    ],
    [{ $ref: '#/$defs/none' }, /can't resolve reference/],
    [{ $ref: '#' }, /leads back to itself/],
    [
      { $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } }, $ref: '#/$defs/a' },
      /leads back to itself/,
    ],
    [{ $schema: 'http://json-schema.org/draft-07/schema#' }, /another dialect/],
    [{ pattern: '(' }, /Invalid regular expression/],
    [{ description: 'x'.repeat(65_536) }, /bytes, at most 65536/],
    [{ nested: nest(20_000) }, /./],
  ]
  for (const [schema, why] of rows)
    await assert.rejects(create(schema), refusal('schema_refused', ['/schema'], why))
})

function nest(depth: number): object {
  let tree: object = {}
  for (let level = 0; level < depth; level += 1) tree = { a: tree }
  return tree
}

test('a schema that would hang is ended in time, when it is made or when it is used', async () => {
  await using office = await openOffice()
  const { tenant, eventTypes } = office
  await eventTypes.create(tenant.id, { name: 'regex', schema: { properties: { a: { pattern: '^(a+)+$' } } } })
  await check(office, 'regex', { a: 'aaaa' })
  await assert.rejects(
    check(office, 'regex', { a: `${'a'.repeat(60)}b` }),
    refusal('schema_mismatch', ['/data'], /could not be checked within 250 ms/),
  )
  await check(office, 'regex', { a: 'aaaa' })
  const $defs: Record<string, object> = { l0: { type: 'string' } }
  for (let level = 1; level < 40; level += 1)
    $defs[`l${level}`] = { anyOf: [{ $ref: `#/$defs/l${level - 1}` }, { $ref: `#/$defs/l${level - 1}` }] }
  await assert.rejects(
    eventTypes.create(tenant.id, { name: 'laughs', schema: { $defs, $ref: '#/$defs/l39' } }),
    refusal('schema_refused', ['/schema'], /cannot be checked within 250 ms/),
  )
})

test('two tenants may use the same $id for different schemas', async () => {
  await using office = await openOffice()
  const other = await office.tenants.create({ slug: 'other' })
  const $id = 'https://example.com/same'
  await office.eventTypes.create(office.tenant.id, { name: 'a', schema: { $id, type: 'string' } })
  await office.eventTypes.create(other.id, { name: 'a', schema: { $id, type: 'number' } })
  await check(office, 'a', 'text')
  const view = await office.directory.tenantView(other.id)
  office.schemas.check(view, 'a', () => 5)
  assert.throws(() => office.schemas.check(view, 'a', () => 'text'), refusal('schema_mismatch'))
})

test('a schema is compiled once, also when other things of its tenant change', async () => {
  await using office = await openOffice()
  let compiled = 0
  const counted = createTimeLimit()
  const schemas = new EventSchemas((limitMs, run) => {
    compiled += limitMs === 2000 ? 1 : 0
    return counted(limitMs, run)
  })
  await office.eventTypes.create(office.tenant.id, { name: 'order.paid', schema: ORDER })
  for (let round = 0; round < 3; round += 1) {
    const view = await office.directory.tenantView(office.tenant.id)
    for (let times = 0; times < 3; times += 1) schemas.check(view, 'order.paid', () => GOOD)
    await office.tenants.update('default', { name: `round ${round}` })
  }
  assert.equal(compiled, 1)
})

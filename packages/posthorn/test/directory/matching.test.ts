import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { matcher } from '../../src/domain/filter.ts'
import type { SourceId } from '../../src/domain/ids.ts'
import type { Source } from '../../src/domain/source.ts'
import type { Subscription } from '../../src/domain/subscription.ts'
import { TenantView } from '../../src/engine/directory/tenant-view.ts'

const TENANT = { id: 'ten_1', slug: 't', name: 'T', createdAt: 0 } as const
/** `shop` is stored, everything else stands for a source of an application. */
const SHOP = { id: 'src_0190', slug: 'shop' } as unknown as Source

interface Wanted {
  readonly events: readonly string[]
  readonly source?: readonly string[] | null
  readonly active?: boolean
}

function viewOf(wanted: readonly Wanted[]) {
  const subscriptions = wanted.map(({ events, source = null, active = true }, index) => ({
    ...{ id: `sub_${String(index).padStart(4, '0')}`, format: 'raw', events, source, active },
  }))
  return new TenantView({
    ...{ tenant: TENANT, eventTypes: [], sources: [SHOP] },
    subscriptions: subscriptions as unknown as Subscription[],
  })
}

const found = (view: TenantView, sourceId: SourceId | null, type: string) =>
  view.match(sourceId, type).map(({ targetId }) => Number(targetId.slice(4)))

test('matching by index is matching each subscription by its source and filters, each once, oldest first', () => {
  const type = fc
    .array(fc.constantFrom('a', 'b', 'posthorn'), { minLength: 1, maxLength: 3 })
    .map((words) => words.join('.'))
  const filter = fc.oneof(
    fc.constant('*'),
    type,
    type.map((text) => `${text}.*`),
  )
  const source = fc.oneof(
    fc.constant(null),
    fc.array(fc.constantFrom('*', 'shop', 'src_0190', 'app', 'src_app', 'other'), { minLength: 1 }),
  )
  const events = fc.array(filter, { minLength: 1, maxLength: 4 })
  const lists = fc.array(fc.record({ events, source, active: fc.boolean() }), { maxLength: 12 })
  const from = fc.constantFrom<SourceId | null>(null, 'src_0190', 'src_app')
  const names = new Map<SourceId, string>([
    ['src_0190', 'shop'],
    ['src_app', 'app'],
  ])
  const takes = (
    { source: of, events: list, active }: Required<Wanted>,
    id: SourceId | null,
    name: string,
  ) => {
    if (!active) return false
    if (of === null) return id === null && matcher(list)(name)
    const named = id !== null && (of.includes('*') || of.includes(id) || of.includes(names.get(id) ?? ''))
    return named && matcher(list, 'inbound')(name)
  }
  fc.assert(
    fc.property(lists, fc.array(fc.tuple(from, type), { minLength: 1 }), (wanted, asked) => {
      const view = viewOf(wanted)
      for (const [id, name] of [...asked, ...asked]) {
        const right = wanted.flatMap((one, index) => (takes(one, id, name) ? [index] : []))
        assert.deepEqual(found(view, id, name), right)
      }
    }),
  )
})

test('what is published and what comes in never meet, whatever the filters say', () => {
  const view = viewOf([
    { events: ['*'] },
    { events: ['*'], source: ['*'] },
    { events: ['*'], source: ['shop'] },
  ])
  assert.deepEqual(found(view, null, 'order.paid'), [0])
  assert.deepEqual(found(view, 'src_0190', 'orders/create'), [1, 2])
  assert.deepEqual(found(view, 'src_app', 'orders/create'), [1])
})

test('a type like one of ours is ours only where it is published', () => {
  const view = viewOf([{ events: ['*'] }, { events: ['*'], source: ['*'] }])
  assert.deepEqual(found(view, null, 'posthorn.subscription.disabled'), [])
  assert.deepEqual(found(view, 'src_app', 'posthorn.subscription.disabled'), [1])
})

test('names of sources: slugs of those that are stored, else what the application calls them', () => {
  const view = viewOf([])
  assert.equal(view.sourceName('src_0190'), 'shop')
  assert.equal(view.sourceName('src_app'), 'app')
  assert.equal(view.sourceId('shop'), 'src_0190')
  assert.equal(view.sourceId('src_0190'), 'src_0190')
  assert.equal(view.sourceId('app'), 'src_app')
})

test('an answer is kept, and made-up types do not make the memory grow without end', () => {
  const view = viewOf([{ events: ['*'] }, { events: ['a.*'] }, { events: ['*'], source: ['*'] }])
  assert.equal(view.match(null, 'a.b'), view.match(null, 'a.b'))
  assert.equal(view.match('src_app', 'a/b'), view.match('src_app', 'a/b'))
  for (let index = 0; index < 5000; index += 1) assert.equal(view.match(null, `x.${index}`).length, 1)
  assert.equal(view.match(null, 'a.b').length, 2)
})

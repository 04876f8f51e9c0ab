// What a process knows to be due in the store, and how much of it a look must step over.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Backlog } from '../../src/engine/deliver/backlog.ts'

const lane = (targetId: `sub_${string}`) => ({ targetId, tenantId: 'ten_1' as const, at: 1 })

test('only what could not go is stepped over, however much was left in the store', () => {
  const backlog = new Backlog()
  for (let index = 0; index < 10_000; index += 1) backlog.left(`sub_${index}`)
  assert.deepEqual([backlog.size, backlog.passedOver], [10_000, 0])
  backlog.add('sub_1')
  backlog.add('sub_2')
  backlog.add('sub_2')
  assert.deepEqual([backlog.size, backlog.passedOver], [10_000, 2])
  backlog.claimed('sub_1', true)
  assert.equal(backlog.passedOver, 1)
  backlog.delete('sub_2')
  assert.deepEqual([backlog.size, backlog.passedOver], [9_999, 0])
})

test('what is not due any more is stepped over no more', () => {
  const backlog = new Backlog()
  for (const id of ['sub_1', 'sub_2'] as const) backlog.add(id)
  backlog.forgetEmpty([lane('sub_2')])
  assert.equal(backlog.passedOver, 1)
  assert.ok(backlog.has('sub_2'))
})

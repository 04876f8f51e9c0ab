/** 100,000 changes of good requests, spread over all presets: none is accepted that means something else, none throws. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { falseAccept } from '../support/meaning.ts'
import { loosened, mutated } from '../support/mutate.ts'
import { dice } from '../support/random.ts'
import { receiverOf } from '../support/sample-receiver.ts'
import { SAMPLES } from '../support/samples.ts'

const MUTATIONS = 100_000
const EACH = Math.ceil(MUTATIONS / SAMPLES.length)
let refused = 0
let same = 0

for (const [index, sample] of SAMPLES.entries())
  test(`${sample.name}: ${EACH} changed requests (seed ${index + 1}): no false accept, no exception`, async () => {
    const roll = dice(index + 1)
    const receiver = receiverOf(sample)
    const original = loosened(sample.request)
    assert.ok((await receiver.verify(original)).ok)
    for (let i = 0; i < EACH; i++) {
      let changed = mutated(original, roll, !sample.token || sample.looseBody === true)
      // Some of them twice: a mistake may hide another.
      if (roll(4) === 0) changed = mutated(changed, roll, !sample.token)
      const result = receiver.verify(changed)
      const settled = result instanceof Promise ? await result : result
      if (!settled.ok) {
        assert.notEqual(settled.reason, 'crypto_failed', settled.detail)
        refused++
        continue
      }
      const wrong = falseAccept(sample, changed)
      assert.equal(
        wrong,
        undefined,
        `seed ${index + 1}, change ${i}: ${JSON.stringify({ ...changed, body: changed.body.toString() })}`,
      )
      same++
    }
  })

test('the judge of these requests sees another body, time, id, URL or token', () => {
  for (const sample of SAMPLES) {
    const original = loosened(sample.request)
    assert.equal(falseAccept(sample, original), undefined, sample.name)
    const signed = /signature|timestamp|secret|transmission-(?:id|time)|token$|authorization|-id$/i
    const unsigned = /idempotency|delivery|guid|shopify-(?:event|webhook)|request-uuid/i
    for (const [at, [name, value]] of original.headers.entries()) {
      if (!signed.test(name) || unsigned.test(name) || sample.name === 'docusign') continue
      const headers = original.headers.with(at, [
        name,
        value.replace(/[0-9a-z](?=[^0-9a-z]*$)/i, (last) => (last === '0' ? '1' : '0')),
      ])
      assert.ok(falseAccept(sample, { ...original, headers }), `${sample.name} ${name}`)
    }
    if (sample.token || sample.name === 'twilio') continue
    const text = original.body.toString()
    const changed = sample.looseBody
      ? text.replace(/psp_1|a1a1|:1:|"sns-1"/, (found) => found.replace(/1/, '7'))
      : `${text} `
    assert.ok(falseAccept(sample, { ...original, body: Buffer.from(changed) }), `${sample.name} body`)
  }
})

test('at least 100,000 were tried; most were refused, and those that mean the same were not', () => {
  assert.ok(refused + same >= MUTATIONS, String(refused + same))
  assert.ok(refused > 0.5 * MUTATIONS, String(refused))
  assert.ok(same > 0.05 * MUTATIONS, String(same))
})

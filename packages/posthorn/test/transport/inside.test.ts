import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { AbortWatch } from '../../src/transport/http/abort-watch.ts'
import { type Link, LinkedList } from '../../src/transport/http/linked-list.ts'

describe('the linked list', () => {
  it('does what an array does', () => {
    const steps = fc.array(fc.oneof(fc.constant(-1), fc.nat(20)), { maxLength: 60 })
    fc.assert(
      fc.property(steps, (all) => {
        const list = new LinkedList<number>()
        const links: Array<Link<number>> = []
        let made = 0
        for (const step of all) {
          if (step < 0 || links.length === 0) links.push(list.add(made++))
          else list.remove(links.splice(step % links.length, 1)[0]!)
          const found: number[] = []
          for (let link = list.first; link; link = link.after) found.push(link.value)
          assert.deepEqual(
            found,
            links.map(({ value }) => value),
          )
          assert.equal(list.size, links.length)
        }
      }),
    )
  })
})

describe('the abort watch', () => {
  it('tells everybody who still watches, once', () => {
    const watch = new AbortWatch()
    const controller = new AbortController()
    const told: string[] = []
    const watcher = (name: string) => {
      const place = watch.add(controller.signal, {
        onAbort: () => {
          told.push(name)
          place.list.remove(place.link)
        },
      })
      return place
    }
    watcher('one')
    const two = watcher('two')
    watcher('three')
    two.list.remove(two.link)
    controller.abort()
    assert.deepEqual(told, ['one', 'three'])
  })
})

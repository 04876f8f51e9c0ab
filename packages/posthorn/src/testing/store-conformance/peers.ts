import assert from 'node:assert/strict'
import type { ProcessInfo, Pulse } from '../../ports/peers.ts'
import { type Case, NOW } from './world.ts'

const ONE: ProcessInfo = { id: 'one', name: 'host:1', role: 'all', version: '1', startedAt: NOW }
const TWO: ProcessInfo = { ...ONE, id: 'two', name: 'host:2', role: 'api' }

export const PEER_CASES: readonly Case[] = [
  {
    name: 'a pulse tells of each process when it was seen last, not when it was asked for',
    needs: 'peers',
    async run({ store: { peers = assert.fail('it has no peers') } }) {
      const before = await peers.pulse(TWO, null)
      await peers.pulse(ONE, null)
      const after = await peers.pulse(TWO, before.cursor)
      let later: Pulse
      // Until the store's clock has gone on.
      do later = await peers.pulse(TWO, after.cursor)
      while (later.now === after.now)
      const [self, other, ...more] = later.processes.toSorted((a, b) => b.id.localeCompare(a.id))
      assert.deepEqual([self, more], [{ ...TWO, seenAt: later.now }, []])
      const { seenAt, ...known } = other ?? assert.fail('the other is not there')
      assert.deepEqual(known, ONE)
      assert.ok(before.now <= seenAt && seenAt <= after.now, `${seenAt} is not its own pulse`)
    },
  },
]

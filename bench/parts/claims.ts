/** (4) What a claim costs with little and with much history. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteStore } from '../../packages/posthorn/src/storage/sqlite/open.ts'
import { systemClock } from '../../packages/posthorn/src/system/clock.ts'
import { CLAIMED, claimMs, history } from '../claiming.ts'
import { fixed, type Row } from '../figures.ts'
import { scaled } from '../scale.ts'

const LITTLE = scaled(10_000)
const MUCH = scaled(1_000_000)

export async function claims(): Promise<Row[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'posthorn-bench-'))
  const store = await openSqliteStore({ dataDir, nextTurn: (run) => systemClock.nextTurn(run) })
  try {
    await history(store, LITTLE)
    const little = await claimMs(store)
    await history(store, MUCH - LITTLE)
    const much = await claimMs(store)
    const ratio = much / little
    const show = (ms: number, rows: number) =>
      `${fixed(ms)} ms for ${CLAIMED} with ${rows.toLocaleString('en')} rows`
    return [
      {
        what: 'claim and finish',
        figure: show(much, MUCH),
        ceiling: show(little, LITTLE),
        ratio: fixed(ratio),
        goal: '≤ 1.2',
        met: ratio <= 1.2,
      },
    ]
  } finally {
    await store.close()
    await rm(dataDir, { recursive: true, force: true })
  }
}

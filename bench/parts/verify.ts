/**
 * (9) Verifying alone: the synchronous receiver against what nobody can go below, `node:crypto` over the same bytes with
 * the key prepared and the signature's text at hand. Ours also finds the headers among those of a usual request, reads
 * them, checks the time stamp and makes a result.
 */
import { createSyncReceiver, type SyncReceiver } from '@posthorn/receiver/node'
import { fixed, median, perSecond, type Row, whole } from '../figures.ts'
import { rounds, scaled } from '../scale.ts'
import { VERIFY_CASES, type VerifyCase } from '../verify-cases.ts'

const ROUNDS = rounds(15)
/** Long enough for a timer that is exact to a microsecond, short enough that both meet the same machine. */
const MS = scaled(100)
const GOAL = 0.8

export async function verify(): Promise<Row[]> {
  return VERIFY_CASES.map(row)
}

function row(one: VerifyCase): Row {
  const receiver = createSyncReceiver({ scheme: one.scheme, secrets: [one.secret] })
  const ours: number[] = []
  const bare: number[] = []
  // In turns; the first round warms up and is not counted.
  for (let round = 0; round <= ROUNDS; round++) {
    const mine = rate(() => isGenuine(receiver, one))
    const theirs = rate(one.bare)
    if (round === 0) continue
    ours.push(mine)
    bare.push(theirs)
  }
  const ratio = median(ours.map((figure, round) => figure / (bare[round] ?? Number.NaN)))
  return {
    what: `verify 1 KiB: ${one.name}`,
    figure: `${whole(median(ours))}/s`,
    ceiling: `${whole(median(bare))}/s bare node:crypto`,
    ratio: fixed(ratio),
    goal: `≥ ${GOAL}`,
    met: ratio >= GOAL,
  }
}

function isGenuine(receiver: SyncReceiver, { headers, body }: VerifyCase): boolean {
  return receiver.verify({ headers, body }).ok
}

function rate(verifies: () => boolean): number {
  let count = 0
  let elapsed = 0
  const started = performance.now()
  while (elapsed < MS) {
    for (let at = 0; at < 100; at++) if (!verifies()) throw new Error('a good request was refused')
    count += 100
    elapsed = performance.now() - started
  }
  return perSecond(count, elapsed)
}

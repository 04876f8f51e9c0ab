/**
 * A process that is killed while it handles an event; it says where it stands, a line for each point. Arguments: folder,
 * `thread` or `same`, where it is to stand still.
 */
import { writeSync } from 'node:fs'
import type { HandlerFunction } from '../../../src/index.ts'
import { openBookings } from './bookings.ts'

const [folder = '', where, point] = process.argv.slice(2)
const never = new Promise<never>(() => undefined)
const say = (text: string) => writeSync(1, `${text}\n`)

const POINTS: Readonly<Record<string, HandlerFunction>> = {
  'before the commit': ({ id }, { attempt, transaction }) =>
    transaction(async (tx) => {
      await tx.run('insert into bookings values (?, ?)', [id, attempt])
      say(`booked ${(await tx.all('select * from bookings')).length}`)
      await never
    }),
  'after the commit': async ({ id }, { attempt, transaction }) => {
    await transaction((tx) => tx.run('insert into bookings values (?, ?)', [id, attempt]))
    say('committed')
    await never
  },
  'without a transaction': async ({ id }, { attempt }) => {
    say(`effect of ${id} attempt ${attempt}`)
    await never
  },
}

const run = POINTS[point ?? '']
if (run === undefined) throw new Error(`no point ${point}`)
const { send } = await openBookings(folder, run, { storeThread: where === 'thread' })
say(`answered ${await send('evt_1')}`)
// A file handle that keeps the process alive.
process.stdin.resume()

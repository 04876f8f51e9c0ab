import { ID_RANDOM_BYTES, makeId } from '../../domain/ids.ts'
import { type ConnectionFlags, connect } from '../connection.ts'
import type { Context } from '../context.ts'
import { CliError, usageError } from '../exit.ts'
import { openInput } from '../input.ts'
import { count, Progress, type ProgressState } from '../progress.ts'
import { spanText } from '../text/time.ts'
import { idFromLine } from './event-line.ts'
import { publishFile, type Totals } from './publish-file.ts'
import { type Refused, Sender } from './sender.ts'

export interface NdjsonFlags extends ConnectionFlags {
  readonly inFlight: string
  readonly newIds?: boolean
}

const IN_FLIGHT_MAX = 64
/** So many refusals are shown one by one; a file of another kind would otherwise bury the summary. */
const REFUSALS_SHOWN = 50

/** `posthorn publish --ndjson`. Ctrl-C ends it after what was sent; publishing the file again goes on harmlessly. */
export async function publishNdjson(path: string, flags: NdjsonFlags, context: Context): Promise<void> {
  const { output, clock, random } = context
  const { client } = connect(flags, context)
  const inFlight = inFlightOf(flags.inFlight)
  const { stream, bytes: total } = await openInput(path, context)
  const stop = context.signals.listen()
  const progress = new Progress(output, clock, 'publishing')
  const refusals = new Refusals(progress)
  const onWait = (why: string, ms: number) => progress.note(`Waiting ${spanText(ms)}: ${why}`)
  const onRefused = (refused: Refused) => refusals.add(refused)
  const onProgress = (totals: Totals) => progress.update(progressOf(totals, total))
  const newId = () => makeId('evt', clock.now(), random.bytes(ID_RANDOM_BYTES))
  const totals = await publishFile({
    ...{ stream, inFlight, stop, onProgress, onRefused },
    sender: new Sender({ client, clock, signal: stop, onWait }),
    makeId: flags.newIds ? newId : idFromLine,
  })
  progress.clear()
  await summary(totals, refusals.shown, flags, context)
  if (stop.aborted)
    throw new CliError('interrupted', `Stopped after line ${totals.lines}. Publish the file again to go on.`)
  if (totals.refused > 0) throw new CliError('partly', `${count(totals.refused)} lines were refused.`)
}

class Refusals {
  readonly shown: Refused[] = []
  readonly #progress: Progress
  #more = false

  constructor(progress: Progress) {
    this.#progress = progress
  }

  add(refused: Refused): void {
    if (this.shown.length < REFUSALS_SHOWN) {
      this.shown.push(refused)
      this.#progress.note(`line ${refused.line}: ${refused.detail}`)
    } else if (!this.#more) {
      this.#more = true
      this.#progress.note('More lines are refused; they are only counted.')
    }
  }
}

function inFlightOf(text: string): number {
  const value = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (value < 1 || value > IN_FLIGHT_MAX)
    throw usageError(`--in-flight ${JSON.stringify(text)} must be 1 to ${IN_FLIGHT_MAX}.`)
  return value
}

function progressOf(totals: Totals, total: number | null): ProgressState {
  const { published, duplicates, refused, bytes } = totals
  const share = total === null || total === 0 ? null : Math.min(1, bytes / total)
  return {
    ...{ done: published + duplicates, unit: 'events', share },
    ...(refused === 0 ? {} : { more: `${count(refused)} refused` }),
  }
}

async function summary(
  totals: Totals,
  refusals: readonly Refused[],
  flags: NdjsonFlags,
  { output }: Context,
): Promise<void> {
  const { lines, published, duplicates, deliveries, refused } = totals
  if (flags.json) return await output.json({ lines, published, duplicates, deliveries, refused, refusals })
  await output.line(
    `${count(published)} events published with ${count(deliveries)} deliveries, ${count(duplicates)} were there already, ${count(refused)} refused.`,
  )
}

import type { Clock } from '../../ports/clock.ts'
import type { Happening, Telemetry } from '../../ports/telemetry.ts'
import { CliError } from '../exit.ts'
import type { Output, Style } from '../output.ts'
import { isoOf, spanText } from '../text/time.ts'
import { oneLine, pad } from '../text/width.ts'

const VERB_COLUMNS = 10
const SUBJECT_COLUMNS = 22
/** Longer than any step of the tour takes; a machine that hangs should say so. */
const PATIENCE_MS = 60_000

type Name = Happening['name']
type Of<N extends Name> = Extract<Happening, { name: N }>

const STYLES: Readonly<Record<string, Style>> = {
  published: 'cyan',
  received: 'cyan',
  explained: 'yellow',
  duplicate: 'magenta',
  posted: 'blue',
  signed: 'blue',
  verified: 'green',
  refused: 'red',
  handled: 'green',
  answered: 'dim',
  delivered: 'green',
  failed: 'yellow',
  dead: 'red',
}

/** Tells what happens, one line each: from the engine's own happenings and from what the demo receiver found. */
export class Narrator implements Telemetry {
  readonly #output: Output
  readonly #clock: Clock
  readonly #happenings: Happening[] = []
  readonly #waiters = new Set<() => void>()
  #lines: Promise<void> = Promise.resolve()
  #remembers = true

  constructor(output: Output, clock: Clock) {
    this.#output = output
    this.#clock = clock
  }

  record(happening: Happening): void {
    const told = sentenceOf(happening, this.#clock.now())
    if (told !== null) this.tell(...told)
    if (!this.#remembers) return
    this.#happenings.push(happening)
    for (const look of this.#waiters) look()
  }

  /** One line: when, what, of what, and how. */
  tell(verb: string, subject: string, rest: string): void {
    const { paint } = { paint: (style: Style, text: string) => this.#output.paint(style, text) }
    const at = paint('dim', isoOf(this.#clock.now()).slice(11, 23))
    const padded = pad(verb, VERB_COLUMNS)
    const style = STYLES[verb]
    const shown = style === undefined ? padded : paint(style, padded)
    this.say(`${at}  ${shown}  ${pad(oneLine(subject), SUBJECT_COLUMNS)}  ${oneLine(rest)}`.trimEnd())
  }

  heading(text: string): void {
    this.say(`\n${this.#output.paint('bold', text)}`)
  }

  say(text: string): void {
    this.#lines = this.#lines.then(() => this.#output.line(text))
  }

  /** Resolves when all lines so far are written. */
  async told(): Promise<void> {
    await this.#lines
  }

  /** From now on it only tells: nobody waits any more, and a long run of `posthorn dev` must not grow. */
  forget(): void {
    this.#remembers = false
    this.#happenings.length = 0
  }

  /**
   * Waits until so many have happened that fit, those of the past included.
   * @throws CliError when that takes longer than a minute
   */
  async until<N extends Name>(name: N, fits: (happening: Of<N>) => boolean, count = 1): Promise<void> {
    const enough = () =>
      this.#happenings.filter((one) => one.name === name && fits(one as Of<N>)).length >= count
    if (enough()) return
    await new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!enough()) return
        end()
        resolve()
      }
      const end = () => {
        this.#waiters.delete(look)
        timer.cancel()
      }
      const timer = this.#clock.after(PATIENCE_MS, () => {
        end()
        reject(
          new CliError('failed', `The tour waited a minute for ${count} × ${name}, and it did not come.`),
        )
      })
      this.#waiters.add(look)
    })
  }
}

type Told = [verb: string, subject: string, rest: string]

/** null: not worth a line here. */
function sentenceOf(happening: Happening, nowMs: number): Told | null {
  switch (happening.name) {
    case 'event.published': {
      const { eventType, eventId, deliveries, duplicate } = happening
      if (duplicate)
        return ['duplicate', eventType, `${eventId} was published before: no new event, no new delivery`]
      return ['published', eventType, `${eventId} is stored, ${plural(deliveries, 'delivery', 'deliveries')}`]
    }
    case 'inbound.received':
    case 'inbound.refused':
    case 'inbound.handshake':
    case 'inbound.diagnosed':
      return inboundSentence(happening)
    case 'delivery.attempted':
      return attemptedSentence(happening, nowMs)
    case 'delivery.finished': {
      const { state, eventType, attempts, reason } = happening
      if (state === 'delivered') return null
      return [
        'dead',
        eventType,
        `after ${plural(attempts, 'attempt', 'attempts')}${reason === null ? '' : `: ${reason}`}`,
      ]
    }
    case 'subscription.disabled':
      return ['disabled', happening.targetId, happening.reason]
    case 'store.failed':
      return ['broken', happening.operation, happening.error]
    case 'service.failed':
      return ['broken', happening.service, happening.error]
    case 'replay.advanced':
      return [
        'replayed',
        happening.replayId,
        `${plural(happening.created, 'delivery', 'deliveries')} made so far${happening.done ? ', done' : ''}`,
      ]
    default:
      return null
  }
}

type Inbound = Of<`inbound.${string}` & Name>

function inboundSentence(inbound: Inbound): Told {
  if (inbound.name === 'inbound.refused')
    return ['refused', inbound.reason, `a request to ${inbound.sourceId} was answered ${inbound.status}`]
  if (inbound.name === 'inbound.handshake')
    return ['answered', inbound.sourceId, `a question of the provider, with ${inbound.status}`]
  if (inbound.name === 'inbound.diagnosed')
    return ['explained', inbound.reason, `${inbound.detail} ${inbound.remedy}`]
  const { verdict, eventType, eventId, deliveries } = inbound
  if (verdict === 'duplicate')
    return ['duplicate', eventType, `${eventId} came in before: acknowledged, not delivered again`]
  return [
    'received',
    eventType,
    `${eventId} is verified and stored, ${plural(deliveries, 'delivery', 'deliveries')}`,
  ]
}

function attemptedSentence(attempted: Of<'delivery.attempted'>, nowMs: number): Told {
  const { outcome, eventType, attempt, statusCode, errorCode, durationMs, nextAttemptAt } = attempted
  const answer = statusCode === null ? (errorCode ?? 'no answer') : `status ${statusCode}`
  const told = `attempt ${attempt}: ${answer} after ${spanText(durationMs)}`
  if (outcome === 'success') return ['delivered', eventType, told]
  const next =
    nextAttemptAt === null ? 'no further attempt' : `next in ${spanText(Math.max(0, nextAttemptAt - nowMs))}`
  return ['failed', eventType, `${told}, ${next}`]
}

function plural(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`
}

import { Command } from 'commander'
import type { Result } from '../../api/contract/contract.ts'
import { addConnectionOptions, type ConnectionFlags, connect } from '../connection.ts'
import type { Context } from '../context.ts'
import { usageError } from '../exit.ts'
import { count } from '../progress.ts'
import { type Column, fieldLines, Table } from '../text/table.ts'
import { durationMs, shortInstant, spanText } from '../text/time.ts'

type Overview = Result<'getOverview'>
type Failing = Overview['failing'][number]

interface OverviewFlags extends ConnectionFlags {
  readonly window: string
}

/** So far the server counts what waits and what is dead. */
const COUNTED_MAX = 10_000
const TYPES_SHOWN = 5
const WINDOW_MS = { min: 60_000, max: 86_400_000 }

export function overviewCommand(context: Context): Command {
  return addConnectionOptions(new Command('overview'))
    .description('What fails now, since when and why; and what happens in numbers. One screen.')
    .option('--window <SPAN>', 'how far back: 15m, 6h, at most 24h', '1h')
    .action(async (flags: OverviewFlags) => {
      const window_s = windowOf(flags.window)
      const overview = await connect(flags, context).client.call('getOverview', { query: { window_s } })
      if (flags.json) await context.output.json(overview)
      else await tell(overview, context)
    })
}

function windowOf(text: string): number {
  const ms = durationMs(text)
  if (ms === null || ms < WINDOW_MS.min || ms > WINDOW_MS.max)
    throw usageError(`--window ${JSON.stringify(text)} must be a span from 1m to 24h, such as 15m or 6h.`)
  return Math.round(ms / 1000)
}

async function tell(overview: Overview, { output }: Context): Promise<void> {
  const dim = (text: string) => output.paint('dim', text)
  const { failing } = overview
  if (failing.length === 0)
    await output.line(output.paint('green', 'Nothing fails: every target that was tried has answered well.'))
  else {
    const now = failing.filter(failsNow).length
    const words =
      now === 0
        ? 'No target fails now; these did:'
        : `${count(now)} ${now === 1 ? 'target fails' : 'targets fail'}, worst first:`
    await output.line(output.paint(now === 0 ? 'yellow' : 'red', words))
    const table = new Table(FAILING, { width: output.width, heading: dim })
    await output.lines(table.lines(failing))
  }
  await output.line('')
  await output.lines(fieldLines(numbersOf(overview), dim))
}

/** Others have failed within the window, and answer again. */
function failsNow({ active, failing_since, success_rate }: Failing): boolean {
  return !active || failing_since !== null || success_rate === 0
}

function numbersOf(overview: Overview): Array<readonly [string, string]> {
  const { series, success_rate, waiting, retrying, dead, oldest_due_s, store, queue, processes } = overview
  const sum = (name: 'events' | 'delivered' | 'failed') =>
    series.reduce((before, point) => before + point[name], 0)
  const last = series.findLast(({ p50_ms }) => p50_ms !== null)
  const part = ({ kind, ready }: Overview['store']) => `${kind}${ready ? '' : ', not ready'}`
  const types = overview.event_types.slice(0, TYPES_SHOWN)
  return [
    ['since', shortInstant(overview.from)],
    ['events', count(sum('events'))],
    ['by type', types.map(({ event_type, events }) => `${event_type} ${count(events)}`).join(', ') || '–'],
    ['attempts', `${count(sum('delivered') + sum('failed'))}, ${count(sum('failed'))} failed`],
    ['success', rateText(success_rate)],
    ['took', last ? `p50 ${spanText(last.p50_ms ?? 0)}, p99 ${spanText(last.p99_ms ?? 0)} at last` : '–'],
    ['waiting', `${countedText(waiting)}, ${countedText(retrying)} of them to be retried`],
    ['oldest due', oldest_due_s === null ? 'nothing is due' : `for ${spanText(oldest_due_s * 1000)}`],
    ['dead letters', countedText(dead)],
    ['store, queue', `${part(store)}; ${part(queue)}`],
    ...(processes.length === 0
      ? []
      : [['processes', processes.map(({ name, role }) => `${name} (${role})`).join(', ')] as const]),
  ]
}

function rateText(rate: number | null): string {
  // Never 100 % while something failed.
  return rate === null ? 'no attempts' : `${Math.floor(rate * 1000) / 10} %`
}

function countedText(value: number): string {
  return value >= COUNTED_MAX ? `${count(COUNTED_MAX)} or more` : count(value)
}

const FAILING: ReadonlyArray<Column<Failing>> = [
  { title: 'subscription', value: ({ subscription_id }) => subscription_id },
  { title: 'name', value: ({ name }) => name, least: 10 },
  {
    title: 'fails since',
    value: ({ failing_since, active }) =>
      `${shortInstant(failing_since)}${active ? '' : ' disabled'}`.trim() || 'not now',
  },
  { title: 'failed', value: ({ failed }) => count(failed), right: true },
  { title: 'dead', value: ({ dead }) => count(dead), right: true },
  { title: 'success', value: ({ success_rate }) => rateText(success_rate), right: true },
  { title: 'cause', value: ({ cause }) => cause ?? 'not known yet', least: 12 },
  { title: 'url', value: ({ url }) => url, least: 12 },
]

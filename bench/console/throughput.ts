/** What the server loses by open consoles: the same load without them, beside their calls alone, and beside a browser that draws. */
import type { Browser } from 'playwright-core'
import { fixed, median, percentile, perSecond, type Row, whole } from '../figures.ts'
import { pause, Rig } from '../rig.ts'
import { rounds, scaled } from '../scale.ts'
import { FEED_TAB, HeadlessTab, OVERVIEW_TAB } from './headless.ts'

const ROUNDS = rounds(7)
const EVENTS = scaled(30_000)
const CONNECTIONS = 128
const TYPES = 8
const MAX_IN_FLIGHT = 64
/** Tabs have asked their first questions by then. */
const SETTLED_MS = 1000
const GOAL = 0.95

type Beside = 'nothing' | 'calls' | 'browser'

interface Measured {
  readonly perSecond: number[]
  /** Processor time of the server. */
  readonly cpuUs: number[]
  readonly publishP99Ms: number[]
}

/** @param browser null: there is none here */
export async function besideConsoles(browser: Browser | null): Promise<Row[]> {
  const kinds: Beside[] = ['nothing', 'calls', ...(browser === null ? [] : (['browser'] as const))]
  const rig = await Rig.start('sqlite')
  try {
    const types = await rig.subscribe(TYPES, rig.targetUrl, { max_in_flight: MAX_IN_FLIGHT })
    const measured = new Map(
      kinds.map((kind) => [kind, { perSecond: [], cpuUs: [], publishP99Ms: [] } as Measured]),
    )
    // Interleaved, each being first in turn: the store grows. The first round warms up and is not counted.
    for (let round = 0; round <= ROUNDS; round++)
      for (let at = 0; at < kinds.length; at++) {
        const kind = kinds[(at + round) % kinds.length] as Beside
        const close = await open(rig, kind, browser)
        await pause(SETTLED_MS)
        await oneRound(rig, types, round === 0 ? null : (measured.get(kind) ?? null))
        await close()
      }
    return kinds.slice(1).flatMap((kind) => rows(kind, measured))
  } finally {
    await rig.stop()
  }
}

async function open(rig: Rig, kind: Beside, browser: Browser | null): Promise<() => Promise<void>> {
  if (kind === 'nothing') return async () => undefined
  const { name, value } = await rig.signIn()
  if (kind === 'calls' || browser === null) {
    const tabs = [OVERVIEW_TAB, FEED_TAB].map((tab) => HeadlessTab.open(rig, tab, `${name}=${value}`))
    const opened = await Promise.all(tabs)
    return async () => {
      await Promise.all(opened.map((tab) => tab.heard))
      await Promise.all(opened.map((tab) => tab.close()))
    }
  }
  const context = await browser.newContext()
  await context.addCookies([{ name, value, url: rig.url }])
  for (const path of ['/', '/deliveries']) {
    const page = await context.newPage()
    await page.goto(rig.url + path)
    await page.locator('.main h1').waitFor()
  }
  return () => context.close()
}

async function oneRound(rig: Rig, eventTypes: string[], into: Measured | null): Promise<void> {
  const before = await rig.received()
  const cpuBefore = (await rig.usage()).cpu
  const started = performance.now()
  const load = { requests: EVENTS, connections: CONNECTIONS, rate: 0, eventTypes }
  const { latencies } = await rig.publish(load)
  await rig.untilReceived(before + EVENTS)
  const elapsedMs = performance.now() - started
  const { cpu } = await rig.usage()
  into?.perSecond.push(perSecond(EVENTS, elapsedMs))
  into?.cpuUs.push((cpu.user + cpu.system - cpuBefore.user - cpuBefore.system) / EVENTS)
  into?.publishP99Ms.push(percentile(latencies, 0.99))
}

const WORDS: Readonly<Record<Beside, string>> = {
  nothing: '',
  calls: "beside two tabs' calls",
  browser: 'beside Chromium with two tabs',
}

function rows(kind: Beside, measured: ReadonlyMap<Beside, Measured>): Row[] {
  const [without, beside] = [measured.get('nothing'), measured.get(kind)]
  if (without === undefined || beside === undefined) return []
  const ratioOf = (key: keyof Measured) =>
    median(beside[key].map((figure, round) => figure / (without[key][round] ?? Number.NaN)))
  const [speed, cost, p99] = [ratioOf('perSecond'), ratioOf('cpuUs'), ratioOf('publishP99Ms')]
  // A browser takes the processors that the server would have: that costs events, too, on the same machine.
  const own = kind === 'calls'
  return [
    {
      what: `events ${WORDS[kind]}`,
      figure: `${whole(median(beside.perSecond))}/s`,
      ceiling: `${whole(median(without.perSecond))}/s without`,
      ratio: fixed(speed, 3),
      goal: own ? `≥ ${GOAL}` : 'for comparison',
      met: !own || speed >= GOAL,
    },
    {
      what: `the server's processor time an event ${WORDS[kind]}`,
      figure: `${whole(median(beside.cpuUs))} µs`,
      ceiling: `${whole(median(without.cpuUs))} µs without`,
      ratio: fixed(cost, 3),
      goal: own ? `≤ ${fixed(1 / GOAL)}` : 'for comparison',
      met: !own || cost <= 1 / GOAL,
    },
    {
      what: `p99 of a publish ${WORDS[kind]}`,
      figure: `${fixed(median(beside.publishP99Ms), 1)} ms`,
      ceiling: `${fixed(median(without.publishP99Ms), 1)} ms without`,
      ratio: fixed(p99),
      goal: 'for comparison',
      met: true,
    },
  ]
}

/** From a click on a bookmark to a page that can be used, and a long list under the wheel. */
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { fixed, median, type Row, whole } from '../figures.ts'
import { filling } from '../filling.ts'
import { Rig } from '../rig.ts'
import { rounds, scaled } from '../scale.ts'

const VISITS = rounds(10)
const LISTED = scaled(10_000)
const DEFAULT = 'ten_default'
/** Nobody publishes it: these subscriptions only fill the list. */
const QUIET = 'bench.quiet'
const USABLE_GOAL_MS = 1000
const LONG_FRAME_MS = 50
const WHEEL_PX = 400
const DOM_ROWS_GOAL = 60

interface Visited {
  readonly what: string
  readonly path: string
  /** Seen: the page can be used. */
  readonly usable: string
}

export async function pages(browser: Browser): Promise<Row[]> {
  const rig = await Rig.start('sqlite', {
    prepare: (place) =>
      filling(null, place, async (fill) => {
        await fill.tenant(DEFAULT, 'default')
        await fill.fan(LISTED, DEFAULT, place.targetUrl, QUIET)
      }),
  })
  try {
    const types = await rig.subscribe(1, rig.targetUrl, { max_in_flight: 64 })
    await rig.publish({ requests: LISTED, connections: 32, rate: 0, eventTypes: types })
    await rig.untilReceived(LISTED)
    const { data } = await rig.get<{ data: Array<{ event_id: string }> }>(
      '/deliveries?limit=1&state=delivered',
    )
    const eventId = data[0]?.event_id ?? ''
    const visited: Visited[] = [
      { what: 'the overview', path: '/', usable: '.stat dd' },
      {
        what: `the list of ${whole(LISTED)} subscriptions`,
        path: '/subscriptions',
        usable: '.list-row .row-link',
      },
      { what: "an event's page", path: `/events/${eventId}`, usable: 'text=Attempt 1' },
    ]
    const found = new Map(visited.map(({ what }) => [what, [] as number[]]))
    for (let visit = 0; visit <= VISITS; visit++)
      for (const one of visited) {
        const ms = await usableMs(browser, rig, one)
        if (visit > 0) found.get(one.what)?.push(ms)
      }
    return [...[...found].map(([what, ms]) => usable(what, ms)), ...(await scrolled(browser, rig))]
  } finally {
    await rig.stop()
  }
}

/** Signed in, and nothing in the cache. */
async function signedIn(browser: Browser, rig: Rig): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 } })
  await context.addCookies([{ ...(await rig.signIn()), url: rig.url }])
  return context
}

async function usableMs(browser: Browser, rig: Rig, { path, usable }: Visited): Promise<number> {
  const context = await signedIn(browser, rig)
  try {
    const page = await context.newPage()
    const started = performance.now()
    await page.goto(rig.url + path, { waitUntil: 'commit' })
    await page.locator(usable).first().waitFor()
    return performance.now() - started
  } finally {
    await context.close()
  }
}

function usable(what: string, ms: readonly number[]): Row {
  const worst = Math.max(...ms)
  return {
    what: `${what} can be used after`,
    figure: `${whole(median(ms))} ms`,
    ceiling: `the worst of ${ms.length}: ${whole(worst)} ms`,
    ratio: '',
    goal: `≤ ${whole(USABLE_GOAL_MS)} ms`,
    met: worst <= USABLE_GOAL_MS,
  }
}

interface Scrolled {
  readonly frames: number
  /** Took longer than 50 ms. */
  readonly long: number
  readonly longestMs: number
  readonly domRows: number
}

async function scrolled(browser: Browser, rig: Rig): Promise<Row[]> {
  const context = await signedIn(browser, rig)
  try {
    const page = await context.newPage()
    await page.goto(`${rig.url}/deliveries`)
    await page.locator('.list-row').first().waitFor()
    const loading = await scroll(page, 'down')
    await page.locator(`[aria-rowcount="${LISTED + 1}"]`).waitFor()
    return [row('while it loads', loading), row('once it is loaded', await scroll(page, 'up'))]
  } finally {
    await context.close()
  }
}

/** To the end of the list, a turn of the wheel in each frame. */
async function scroll(page: Page, way: 'down' | 'up'): Promise<Scrolled> {
  return await page.evaluate(
    async ({ step, long, rows }) => {
      const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve))
      const all = () => Number(document.querySelector('[role="table"]')?.getAttribute('aria-rowcount'))
      const atEnd = () =>
        step > 0
          ? all() === rows + 1 && window.scrollY + window.innerHeight >= document.body.scrollHeight - 1
          : window.scrollY === 0
      const found = { frames: 0, long: 0, longestMs: 0, domRows: 0 }
      let before = await frame()
      while (!atEnd()) {
        window.scrollBy(0, step)
        const at = await frame()
        found.frames += 1
        found.long += at - before > long ? 1 : 0
        found.longestMs = Math.max(found.longestMs, at - before)
        found.domRows = Math.max(found.domRows, document.querySelectorAll('.list-row').length)
        before = at
      }
      return found
    },
    { step: way === 'down' ? WHEEL_PX : -WHEEL_PX, long: LONG_FRAME_MS, rows: LISTED },
  )
}

function row(when: string, { frames, long, longestMs, domRows }: Scrolled): Row {
  return {
    what: `a list of ${whole(LISTED)} rows scrolled to its end, ${when}`,
    figure: `${long} of ${whole(frames)} frames above ${LONG_FRAME_MS} ms`,
    ceiling: `the longest ${fixed(longestMs, 0)} ms, ${domRows} rows in the page`,
    ratio: '',
    goal: `≤ 1 %, ≤ ${DOM_ROWS_GOAL} rows`,
    met: long <= frames / 100 && domRows <= DOM_ROWS_GOAL,
  }
}

/**
 * Takes pictures of the console and of the portal into docs/console, of a server with a night's worth of happenings.
 * It fails where a picture is too large for a repository.
 *
 *   node scripts/console-screenshots.ts [--out FOLDER] [--only REGEXP]
 */
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Browser } from 'playwright-core'
import { startBrowser } from '../e2e/console/support/chromium.ts'
import { type Night, setNight } from '../e2e/console/support/night.ts'
import { portalLink } from '../e2e/console/support/portal.ts'
import { Visitor } from '../e2e/console/support/visitor.ts'

const EACH_BYTES = 200_000
const ALL_BYTES = 2_500_000

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: fileURLToPath(new URL('../docs/console/', import.meta.url)) },
    only: { type: 'string', default: '' },
  },
})

type Act = (visitor: Visitor, night: Night) => Promise<void>

interface Picture {
  readonly name: string
  readonly path: (night: Night) => string
  /** Seen before the picture is taken. */
  readonly ready: string | RegExp
  readonly act?: Act
  /** Taken a second time, as NAME-dark. */
  readonly both?: boolean
  readonly narrow?: boolean
}

const press =
  (name: string | RegExp): Act =>
  async (visitor) =>
    await visitor.press(name)

const PICTURES: readonly Picture[] = [
  {
    name: 'overview',
    path: () => '/',
    ready: 'Search index',
    // What draws is loaded after the page.
    act: async ({ page }) => await page.locator('.chart canvas').nth(2).waitFor(),
    both: true,
  },
  { name: 'subscriptions', path: () => '/subscriptions', ready: /attempts$/ },
  {
    name: 'subscription',
    path: ({ full }) => `/subscriptions/${full}`,
    ready: 'The target answers with an error of its own (503).',
    both: true,
  },
  {
    name: 'replay',
    path: ({ full }) => `/subscriptions/${full}`,
    ready: /This replays/,
    act: press('Replay'),
  },
  {
    name: 'test',
    path: ({ full }) => `/subscriptions/${full}`,
    ready: 'Status 503',
    act: press('Send a test'),
  },
  {
    name: 'new-subscription',
    path: () => '/subscriptions/new',
    ready: /It was not saved/,
    act: async ({ page }) => {
      await page.getByLabel('Name').fill('CRM')
      await page.getByLabel('URL').fill('http://169.254.169.254/latest')
      await page.getByLabel('Event types').fill('user.*')
      await page.getByRole('button', { name: 'Create subscription' }).click()
    },
  },
  { name: 'events', path: () => '/events', ready: 'user.created' },
  {
    name: 'event',
    path: ({ event }) => `/events/${event}`,
    ready: 'disk is full',
    act: async ({ page }) => {
      const broken = page.locator('.moment', { hasText: 'Search index' })
      await broken.locator('summary', { hasText: 'Attempt 1' }).click()
      await broken.getByText('Answer headers').waitFor()
      // Below the head of the page, which stays.
      await broken.evaluate((moment) => window.scrollBy(0, moment.getBoundingClientRect().top - 72))
    },
    both: true,
  },
  {
    name: 'dead-letters',
    path: () => '/dead-letters',
    ready: /^Retry \d+/,
  },
  { name: 'source', path: () => '/sources/github', ready: 'refused' },
  {
    name: 'refused-request',
    path: ({ refused }) => `/sources/github/requests/${refused}`,
    ready: /does not fit/,
    act: press('Ask the doctor'),
  },
  { name: 'alerts', path: () => '/alerts', ready: 'Much fails' },
  {
    name: 'palette',
    path: () => '/deliveries',
    ready: 'New subscription',
    act: ({ page }) => page.keyboard.press('Control+k'),
  },
  { name: 'narrow', path: () => '/', ready: 'Search index', narrow: true },
  {
    name: 'portal-link',
    path: () => '/subscriptions',
    ready: /Portal link|Link to the portal/,
    act: async (visitor) => {
      await visitor.press('Session')
      await visitor.page.getByRole('menuitem', { name: /^Portal link/ }).click()
      await visitor.page.getByRole('dialog').waitFor()
    },
  },
]

async function take(browser: Browser, night: Night, picture: Picture, dark: boolean): Promise<void> {
  const { name, path, narrow = false, ready, act } = picture
  const visitor = await visit(browser, night, { dark, narrow })
  await visitor.signIn(night.server.key)
  await visitor.open(path(night))
  await visitor.settled()
  await act?.(visitor, night)
  await visitor.sees(ready)
  await shoot(visitor, dark ? `${name}-dark` : name)
}

/** What a customer of the application sees, in the application's colours. */
async function takePortal(browser: Browser, night: Night, dark: boolean): Promise<void> {
  const theme = dark ? { accent: '#2f9e8f', mode: 'dark' } : { accent: '#7a3fb8', mode: 'light' }
  const body = { tenant: 'default', scope: 'manage', user: 'Ada', theme }
  const visitor = await visit(browser, night, { dark, narrow: false })
  await visitor.page.goto(await portalLink(night.server.api, body))
  await visitor.sees('Search index')
  await shoot(visitor, dark ? 'portal-dark' : 'portal')
}

async function visit(
  browser: Browser,
  { server }: Night,
  { dark, narrow }: { dark: boolean; narrow: boolean },
): Promise<Visitor> {
  const visitor = await Visitor.at(browser, server.url, {
    colorScheme: dark ? 'dark' : 'light',
    viewport: narrow ? { width: 390, height: 844 } : { width: 1280, height: 800 },
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    // One picture shows what the server refuses.
    expected: [/POST \S+\/subscriptions 422$/],
  })
  await visitor.context.addInitScript(() => localStorage.setItem('posthorn.tenant', 'default'))
  return visitor
}

async function shoot(visitor: Visitor, name: string): Promise<void> {
  await visitor.settled()
  await visitor.page.mouse.move(0, 0)
  await visitor.page.screenshot({
    path: join(values.out, `${name}.png`),
    animations: 'disabled',
    caret: 'hide',
  })
  await visitor.leave()
  console.log(`took ${name}`)
}

function weigh(): void {
  const sizes = readdirSync(values.out)
    .filter((name) => name.endsWith('.png'))
    .map((name) => ({ name, bytes: statSync(join(values.out, name)).size }))
  const all = sizes.reduce((sum, { bytes }) => sum + bytes, 0)
  const heavy = sizes.filter(({ bytes }) => bytes > EACH_BYTES).map(({ name }) => name)
  if (heavy.length > 0) throw new Error(`over ${EACH_BYTES} bytes: ${heavy.join(', ')}`)
  if (all > ALL_BYTES) throw new Error(`${all} bytes in all, over ${ALL_BYTES}`)
  console.log(`${sizes.length} pictures, ${(all / 1000).toFixed(0)} kB`)
}

mkdirSync(values.out, { recursive: true })
// Old ones must not outlive the page that they show.
if (values.only === '')
  for (const name of readdirSync(values.out)) if (name.endsWith('.png')) rmSync(join(values.out, name))
const wanted = new RegExp(values.only)
const night = await setNight()
const browser = await startBrowser()
try {
  for (const picture of PICTURES)
    for (const dark of picture.both ? [false, true] : [false])
      if (wanted.test(picture.name)) await take(browser, night, picture, dark)
  for (const dark of [false, true]) if (wanted.test('portal')) await takePortal(browser, night, dark)
  weigh()
} finally {
  await browser.close()
  await night.close()
}

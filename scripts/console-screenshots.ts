/**
 * Takes pictures of the console's main pages into docs/console, of a server with a day's worth of happenings.
 *
 *   node scripts/console-screenshots.ts [--out FOLDER]
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Scene, setScene } from '../e2e/console/support/scene.ts'
import { type Stage, setStage } from '../e2e/console/support/stage.ts'
import type { VisitOptions } from '../e2e/console/support/visitor.ts'

const { values } = parseArgs({
  options: { out: { type: 'string', default: fileURLToPath(new URL('../docs/console/', import.meta.url)) } },
})

interface Picture {
  readonly name: string
  readonly path: (scene: Scene) => string
  readonly dark?: boolean
  readonly narrow?: boolean
  /** Seen before the picture is taken. */
  readonly ready: string | RegExp
  readonly keys?: string
  readonly press?: readonly string[]
}

const PICTURES: readonly Picture[] = [
  { name: 'subscriptions', path: () => '/subscriptions', ready: 'Search index' },
  { name: 'subscription', path: ({ failing }) => `/subscriptions/${failing}`, ready: 'invoice.paid' },
  { name: 'new-subscription', path: () => '/subscriptions/new', ready: 'Create subscription' },
  { name: 'event', path: ({ event }) => `/events/${event}`, ready: 'Attempt 1' },
  { name: 'events-dark', path: () => '/events', ready: 'user.created', dark: true },
  { name: 'event-dark', path: ({ event }) => `/events/${event}`, ready: 'Attempt 1', dark: true },
  { name: 'dead-letters', path: () => '/dead-letters', ready: 'Choose by cause' },
  { name: 'source', path: () => '/sources/github', ready: 'refused' },
  {
    name: 'refused-request',
    path: ({ refused }) => `/sources/github/requests/${refused}`,
    ready: /does not fit/,
    press: ['Ask the doctor'],
  },
  { name: 'event-type', path: () => '/event-types/user.created', ready: 'Example 1' },
  {
    name: 'palette-dark',
    path: () => '/deliveries',
    ready: 'New subscription',
    keys: 'Control+k',
    dark: true,
  },
  { name: 'audit', path: () => '/audit', ready: 'source.created' },
  { name: 'narrow', path: () => '/deliveries', ready: 'invoice.paid', narrow: true },
]

async function take(stage: Stage, scene: Scene, picture: Picture): Promise<void> {
  const { name, path, dark = false, narrow = false, ready, keys, press = [] } = picture
  const options: VisitOptions = {
    colorScheme: dark ? 'dark' : 'light',
    viewport: narrow ? { width: 390, height: 780 } : { width: 1280, height: 800 },
  }
  const visitor = await stage.visit(options)
  const page = await visitor.open(path(scene))
  await page.locator('h1').waitFor()
  for (const button of press) await visitor.press(button)
  if (keys !== undefined) await page.keyboard.press(keys)
  await visitor.sees(ready)
  await page.waitForLoadState('networkidle')
  await page.screenshot({ path: join(values.out, `${name}.png`) })
  await visitor.leave()
  console.log(`took ${name}`)
}

mkdirSync(values.out, { recursive: true })
const stage = await setStage()
try {
  const scene = await setScene(stage)
  for (const picture of PICTURES) await take(stage, scene, picture)
} finally {
  await stage.close()
}

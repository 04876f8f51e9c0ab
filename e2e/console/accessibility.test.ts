/** What axe (https://github.com/dequelabs/axe-core) finds on every page, in both themes: nothing that is serious. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { type Scene, setScene } from './support/scene.ts'
import { type Stage, setStage } from './support/stage.ts'
import { settled, Visitor } from './support/visitor.ts'

interface Violation {
  readonly id: string
  readonly impact: string | null
  readonly nodes: ReadonlyArray<{ readonly target: readonly string[]; readonly failureSummary?: string }>
}

declare const axe: { run(root: Document): Promise<{ violations: Violation[] }> }

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let stage: Stage
let scene: Scene
before(async () => {
  stage = await setStage()
  scene = await setScene(stage)
})
after(() => stage?.close())

/** One line for each place that shuts somebody out. */
async function faults(page: Page, where: string): Promise<string[]> {
  await settled(page)
  await page.evaluate(AXE)
  const violations = await page.evaluate(async () => (await axe.run(document)).violations)
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((node) => `${where}: ${id} at ${node.target.join(' ')}`))
}

const paths = () => [
  ...['/', '/subscriptions', `/subscriptions/${scene.failing}`, `/subscriptions/${scene.failing}/edit`],
  ...['/subscriptions/new', '/events', `/events/${scene.event}`, '/publish', '/deliveries', '/dead-letters'],
  ...['/sources', '/sources/new', '/sources/github', `/sources/github/requests/${scene.refused}`],
  ...[
    '/event-types',
    '/event-types/new',
    '/event-types/user.created',
    '/tenants',
    '/keys',
    '/audit',
    '/nowhere',
  ],
]

for (const colorScheme of ['light', 'dark'] as const)
  test(`no page has a serious fault in the ${colorScheme} theme`, async () => {
    const visitor = await Visitor.at(stage.browser, stage.server.url, { colorScheme })
    const page = await visitor.open('/')
    await page.getByLabel('API key').waitFor()
    const found = await faults(page, 'sign in')
    await visitor.signIn(stage.server.key)
    for (const path of paths()) {
      await visitor.open(path)
      await page.locator('h1').waitFor()
      found.push(...(await faults(page, path)))
    }
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').waitFor()
    found.push(...(await faults(page, 'the palette')))
    await visitor.open('/keys')
    await visitor.press('New key')
    await page.getByRole('dialog').waitFor()
    found.push(...(await faults(page, 'a dialog')))
    assert.deepEqual(found, [])
    await visitor.leave()
  })

test('a fault would be found', async () => {
  const visitor = await stage.visit()
  await visitor.page.locator('.main').evaluate((main) => main.append(document.createElement('button')))
  assert.match((await faults(visitor.page, 'here')).join(), /^here: button-name at /)
  await visitor.leave()
})

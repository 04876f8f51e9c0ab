/** What axe (https://github.com/dequelabs/axe-core) finds on every page, in both themes: nothing that is serious. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { faults, faultsInBoth } from './support/axe.ts'
import { type Scene, setScene } from './support/scene.ts'
import { type Stage, setStage } from './support/stage.ts'
import { Visitor } from './support/visitor.ts'

let stage: Stage
let scene: Scene
before(async () => {
  stage = await setStage()
  scene = await setScene(stage)
})
after(() => stage?.close())

const paths = () => [
  ...['/', '/subscriptions', `/subscriptions/${scene.failing}`, `/subscriptions/${scene.failing}/edit`],
  ...['/subscriptions/new', '/events', `/events/${scene.event}`, '/publish', '/deliveries', '/dead-letters'],
  ...['/sources', '/sources/new', '/sources/github', `/sources/github/requests/${scene.refused}`],
  ...[
    '/event-types',
    '/event-types/new',
    '/event-types/user.created',
    '/alerts',
    '/alerts/rules',
    '/alerts/rules/new',
    '/operator/alerts',
    '/operator/alerts/rules',
    '/operator/alerts/rules/new',
    '/tenants',
    '/keys',
    '/audit',
    '/nowhere',
  ],
]

test('no page has a serious fault, in the light theme and in the dark one', async () => {
  const visitor = await Visitor.at(stage.browser, stage.server.url)
  const page = await visitor.open('/')
  await page.getByLabel('API key').waitFor()
  const found = await faultsInBoth(page, 'sign in')
  await visitor.signIn(stage.server.key)
  for (const path of paths()) {
    await visitor.open(path)
    await page.locator('h1').waitFor()
    found.push(...(await faultsInBoth(page, path)))
  }
  await visitor.open(`/events/${scene.event}`)
  await page.getByText('Attempt 1').first().waitFor()
  await page.locator('details').evaluateAll((all) => {
    for (const one of all as HTMLDetailsElement[]) one.open = true
  })
  await page.locator('.code', { hasText: 'Answer' }).filter({ visible: true }).first().waitFor()
  found.push(...(await faultsInBoth(page, 'opened attempts')))
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox').waitFor()
  found.push(...(await faultsInBoth(page, 'the palette')))
  await visitor.open('/keys')
  await visitor.press('New key')
  await page.getByRole('dialog').waitFor()
  found.push(...(await faultsInBoth(page, 'a dialog')))
  assert.deepEqual(found, [])
  await visitor.leave()
})

test('a fault would be found, in each theme its own', async () => {
  const visitor = await stage.visit()
  await visitor.page.locator('.main').evaluate((main) => main.append(document.createElement('button')))
  assert.match((await faults(visitor.page, 'here')).join(), /^here: button-name at /)
  await visitor.page.locator('.main').evaluate((main) => {
    const words = document.createElement('p')
    words.textContent = 'Hard to see in the dark'
    words.style.color = '#222'
    main.append(words)
  })
  const found = (await faultsInBoth(visitor.page, 'here')).join()
  assert.match(found, /here, dark: color-contrast/)
  assert.doesNotMatch(found, /here, light: color-contrast/)
  await visitor.leave()
})

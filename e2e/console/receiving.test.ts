/** Sources in the console: made, their requests looked at, a refused one explained and taken in again. Event types. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { GITHUB_SECRET, githubHeaders, type Source, send } from '../support/inbound.ts'
import { type Stage, setStage } from './support/stage.ts'

let stage: Stage
before(async () => {
  stage = await setStage()
})
after(() => stage?.close())

test('a source is made for a provider; its requests, the doctor and a replay of a refused one', async () => {
  const visitor = await stage.visit({ expected: [/POST \S+\/replay 4\d\d$/] })
  const page = await visitor.open('/sources/new')
  await page.getByLabel('Slug').fill('github')
  await page.getByLabel('Provider').selectOption('github')
  await page.getByLabel('Secrets').fill(GITHUB_SECRET)
  await visitor.press('Create source')
  await page.getByRole('heading', { name: 'github' }).waitFor()
  const source = await stage.server.api.get<Source>('/sources/github')
  await visitor.sees(source.ingest_url)
  await visitor.sees('Nothing has come yet.')

  const body = JSON.stringify({ zen: 'Keep it logically awesome.' })
  const good = await githubHeaders(body, 'request-1', 'ping')
  // Somebody on the way has laid the JSON out anew: the doctor knows this one.
  const changed = JSON.stringify(JSON.parse(body), null, 2)
  await send(source.ingest_url, { headers: good, body })
  await send(source.ingest_url, { headers: { ...good, 'x-github-delivery': 'request-2' }, body: changed })
  await visitor.sees('refused')
  await page.getByLabel('Verdict').selectOption('refused')
  await page.locator('.row-link').first().click()
  await page.getByRole('heading', { name: 'Request' }).waitFor()
  await visitor.press('Ask the doctor')
  await visitor.sees(/It does not fit/)
  await visitor.sees('x-github-delivery: request-2')

  await visitor.press('Replay')
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Replay' }).click()
  await dialog.getByRole('alert').waitFor()
  await dialog.getByRole('checkbox').check()
  await dialog.getByRole('button', { name: 'Replay' }).click()
  await visitor.sees(/Taken in again, 0 deliveries made/)

  await page.getByRole('link', { name: 'Events', exact: true }).click()
  await page.getByLabel('Source').fill('github')
  await page.getByRole('link', { name: 'ping' }).first().click()
  await page.getByRole('link', { name: 'the request' }).waitFor()

  await page.getByRole('link', { name: 'Sources' }).click()
  await page.getByRole('link', { name: 'github' }).click()
  await visitor.press('Let a redelivery through')
  await visitor.sees('Redeliveries are let through.')
  await visitor.press('Pause')
  await visitor.sees('paused')
  await page.getByRole('link', { name: 'Edit' }).click()
  await page.getByLabel('Description').fill('Pushes of our repositories')
  await visitor.press('Save')
  await visitor.sees('Pushes of our repositories')
  assert.ok(!(await page.content()).includes(GITHUB_SECRET))
  await visitor.press('Delete')
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await visitor.sees('No sources yet')
  await visitor.leave()
})

test('an event type is described, a broken schema refused at its field, and an example published', async () => {
  const visitor = await stage.visit({ expected: [/POST \S+\/event-types 4\d\d$/] })
  const page = await visitor.open('/event-types/new')
  await page.getByLabel('Name').fill('user.created')
  await page.getByLabel('Schema').fill('{"type": "nonsense"}')
  await visitor.press('Create event type')
  await page.getByRole('alert').waitFor()
  await page.getByLabel('Schema').fill('{"type": "object", "required": ["name"]}')
  await page.getByLabel('Examples').fill('[{"name": "Grace"}]')
  await visitor.press('Create event type')
  await page.getByRole('heading', { name: 'user.created' }).waitFor()
  await visitor.sees('No subscription takes it.')
  await page.getByRole('link', { name: 'Publish an example' }).click()
  await visitor.press('Publish')
  await page.getByRole('heading', { name: 'user.created' }).waitFor()
  await visitor.sees('"name": "Grace"')

  await page.goto(`${stage.server.url}/event-types/user.created`)
  await visitor.press('Edit')
  await page.getByLabel('Description').fill('Somebody signed up')
  await visitor.press('Save')
  await visitor.sees('Somebody signed up')
  await visitor.press('Archive')
  await visitor.sees('archived')
  await visitor.leave()
})

/** What an attempt sent and was answered with, and what one takes from it to try elsewhere. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Page } from 'playwright-core'
import { until } from '../support/until.ts'
import { type Stage, setStage } from './support/stage.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)
const SCRIPT = '<script>alert(1)</script>'

let stage: Stage
before(async () => {
  stage = await setStage()
})
after(() => stage?.close())

async function copied(page: Page, label: string): Promise<string> {
  await page.getByRole('button', { name: label }).click()
  await page.getByText('Copied').first().waitFor()
  return await page.evaluate(() => navigator.clipboard.readText())
}

for (const scheme of ['standard', 'prefixed'] as const)
  test(`an attempt shows its request; as curl it is the same request, as code it verifies: ${scheme}`, async () => {
    const { api } = stage.server
    stage.target.answer({ headers: { 'x-answer': SCRIPT }, body: SCRIPT })
    const { signing_secret } = await api.post<{ signing_secret: string }>(
      '/subscriptions',
      {
        ...{ name: scheme, url: `${stage.target.url}${scheme}?a=[1]`, events: [`${scheme}.*`] },
        ...{ signature: { scheme }, headers: { 'X-Team': 'a secret of ours' } },
      },
      201,
    )
    const data = { text: `it's ${SCRIPT} $HOME \`id\` \n\u202e`, price: 1 }
    const { event_id } = await api.post<{ event_id: string }>(
      '/events',
      { event_type: `${scheme}.made`, data },
      202,
    )
    const first = await until('the request', () =>
      stage.target.requests.find(({ path }) => path.includes(scheme)),
    )
    const visitor = await stage.visit({ permissions: ['clipboard-read', 'clipboard-write'] })
    const page = await visitor.open(`/events/${event_id}`)
    await page.getByText('Attempt 1').click()
    const shown = page.locator('.code').filter({ has: page.getByText('Request', { exact: true }) })
    const text = (await shown.locator('pre').textContent()) ?? ''
    const signature = scheme === 'standard' ? 'webhook-signature' : 'x-webhook-signature'
    assert.ok(text.startsWith(`POST ${stage.target.url}${scheme}?a=[1]\n\n`), text)
    assert.ok(text.includes(`${signature}: ${first.header(signature)}`), text)
    assert.match(text, /x-team: \(hidden\)/)
    await page.locator('.code', { hasText: 'Answer headers' }).getByText(`x-answer: ${SCRIPT}`).waitFor()

    const before = stage.target.requests.length
    await run('bash', ['-c', await copied(page, 'Copy the request as curl')])
    const again = stage.target.requests[before]
    assert.deepEqual(again?.body, first.body)
    assert.equal(again?.header(signature), first.header(signature))

    const code = await copied(page, 'Copy code that verifies this')
    const verify = async (secret: string) => {
      const env = { ...process.env, SECRET: secret }
      const args = ['--input-type=module', '-e', code]
      return (await run(process.execPath, args, { cwd: ROOT, env })).stdout
    }
    assert.match(await verify(signing_secret), /^verified: /)
    const other = scheme === 'standard' ? `whsec_${Buffer.alloc(32).toString('base64')}` : 'x'.repeat(32)
    assert.equal(await verify(other), 'refused: signature_mismatch\n')
    await visitor.leave()
  })

test("an event's data is shown as it was published, to the last zero", async () => {
  const json = '{"price":1.0,  "id":12345678901234567890,"e":1E3}'
  const response = await fetch(`${stage.server.url}/api/v1/webhooks/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stage.server.key}`, 'content-type': 'application/json' },
    body: `{"event_type":"raw.made","data":${json}}`,
  })
  const { event_id } = (await response.json()) as { event_id: string }
  const visitor = await stage.visit()
  const page = await visitor.open(`/events/${event_id}`)
  const body = page.locator('.code', { hasText: 'Data' })
  await body.getByText('"price": 1.0,').waitFor()
  await body.getByRole('button', { name: 'as sent' }).click()
  assert.equal(await body.locator('pre').textContent(), json)
  await visitor.leave()
})

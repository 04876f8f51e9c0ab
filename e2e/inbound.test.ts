/**
 * The other way round: requests that other people's libraries sign, over a real HTTP server into a source of the
 * library, with each recorded payload: verified, stored and handled once.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { sign as githubSign } from '@octokit/webhooks-methods'
import { github, type SignatureScheme, standardWebhooks, stripe } from '@posthorn/receiver'
import { nodeHttpAdapter } from '@posthorn/receiver/node-http'
import { createPosthorn, type HandledEvent, type Logger, type Posthorn } from 'posthorn'
import { Webhook as StandardWebhook } from 'standardwebhooks'
import Stripe from 'stripe'
import { Webhook as SvixWebhook } from 'svix'
import { githubPayloads, type Payload, SUBTLE, stripePayloads } from './support/payloads.ts'
import { sha256 } from './support/targets.ts'
import { within } from './support/until.ts'

const SECRETS = {
  github: 'a secret of sixteen bytes and more',
  stripe: 'whsec_test_secret_of_the_readme',
  standard: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
  svix: `whsec_${Buffer.alloc(24, 9).toString('base64')}`,
} as const
type SourceName = keyof typeof SECRETS

const SCHEMES: Readonly<Record<SourceName, SignatureScheme>> = {
  github: github(),
  stripe: stripe(),
  standard: standardWebhooks(),
  svix: standardWebhooks({ svixHeaders: true }),
}

type Sign = (payload: Payload, body: string) => Promise<Record<string, string>> | Record<string, string>

const stripeLibrary = new Stripe('sk_test_1')

/** What each provider's own library puts into the headers. */
const SIGN: Readonly<Record<SourceName, Sign>> = {
  github: async ({ id, type }, body) => ({
    'x-github-delivery': id,
    'x-github-event': type,
    'x-hub-signature-256': await githubSign(SECRETS.github, body),
  }),
  stripe: (_payload, body) => ({
    'stripe-signature': stripeLibrary.webhooks.generateTestHeaderString({
      payload: body,
      secret: SECRETS.stripe,
    }),
  }),
  standard: ({ id }, body) => standardHeaders('webhook', new StandardWebhook(SECRETS.standard), id, body),
  svix: ({ id }, body) => standardHeaders('svix', new SvixWebhook(SECRETS.svix), id, body),
}

function standardHeaders(
  prefix: string,
  library: { sign(id: string, at: Date, body: string): string },
  id: string,
  body: string,
  at = new Date(),
): Record<string, string> {
  return {
    [`${prefix}-id`]: id,
    [`${prefix}-timestamp`]: String(Math.floor(at.getTime() / 1000)),
    [`${prefix}-signature`]: library.sign(id, at, body),
  }
}

const TOO_OLD_S = 301

/** The same with another secret, or too long ago. */
const FORGE: Readonly<Record<SourceName, Sign>> = {
  github: async (payload, body) => ({
    ...(await SIGN.github(payload, body)),
    'x-hub-signature-256': await githubSign('another secret of enough bytes', body),
  }),
  stripe: (_payload, body) => ({
    'stripe-signature': stripeLibrary.webhooks.generateTestHeaderString({
      payload: body,
      secret: SECRETS.stripe,
      timestamp: Math.floor(Date.now() / 1000) - TOO_OLD_S,
    }),
  }),
  standard: ({ id }, body) => {
    const at = new Date(Date.now() - TOO_OLD_S * 1000)
    return standardHeaders('webhook', new StandardWebhook(SECRETS.standard), id, body, at)
  },
  svix: ({ id }, body) => standardHeaders('svix', new SvixWebhook(SECRETS.standard), id, body),
}

/** What the handlers of one source were given. */
class Handled {
  readonly events: HandledEvent[] = []
  #wanted = 0
  #done = Promise.withResolvers<void>()

  take(event: HandledEvent): void {
    this.events.push(event)
    if (this.events.length >= this.#wanted) this.#done.resolve()
  }

  async waitFor(count: number): Promise<readonly HandledEvent[]> {
    this.#wanted = count
    this.#done = Promise.withResolvers<void>()
    if (this.events.length >= count) return this.events
    const what = () => `${this.events.length} of ${count} handled events`
    await within(`${count} handled events`, this.#done.promise, 30_000).catch((error: Error) => {
      throw new Error(`${error.message} (${what()})`)
    })
    return this.events
  }
}

const dataDir = mkdtempSync(join(tmpdir(), 'posthorn-e2e-'))
const quiet: Logger = { info() {}, warn() {}, error() {} }
const handled = new Map<string, Handled>()
let posthorn: Posthorn
let url = ''

const web = createServer()

before(async () => {
  posthorn = await createPosthorn({ dataDir, logger: quiet })
  const listeners = new Map<string, ReturnType<typeof nodeHttpAdapter>>()
  for (const name of Object.keys(SECRETS) as SourceName[]) {
    const inbox = posthorn.source(name, { scheme: SCHEMES[name], secrets: [SECRETS[name]] })
    const events = new Handled()
    handled.set(name, events)
    posthorn.on(name, '*', (event) => events.take(event), { concurrency: 64 })
    listeners.set(`/${name}`, nodeHttpAdapter(inbox))
  }
  web.on('request', (request, response) => {
    const listener = listeners.get(request.url ?? '') ?? assert.fail(request.url)
    void listener(request, response)
  })
  await posthorn.start()
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(web.address() as AddressInfo).port}`
})

after(async () => {
  web.closeAllConnections()
  await new Promise((resolve) => web.close(resolve))
  await posthorn?.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

async function send(name: SourceName, body: string, headers: Record<string, string>): Promise<number> {
  const response = await fetch(`${url}/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  })
  await response.arrayBuffer()
  return response.status
}

const AT_ONCE = 32

/** Runs `work` for all, so many at once. */
async function forAll<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  let next = 0
  const walk = async () => {
    while (next < all.length) {
      next += 1
      await work(all[next - 1] as T)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, walk))
}

const INPUT: Readonly<Record<SourceName, () => readonly Payload[]>> = {
  github: githubPayloads,
  stripe: stripePayloads,
  // Those schemes take any body, so they get the odd ones too.
  standard: () => [...stripePayloads(), ...SUBTLE],
  svix: () => [...githubPayloads().slice(0, 100), ...SUBTLE],
}

for (const name of Object.keys(SECRETS) as SourceName[])
  test(`${name}: what its library signs is answered 200, a repeat too, and each event is handled once`, async () => {
    const payloads = INPUT[name]()
    assert.ok(payloads.length > 50)
    await forAll(payloads, async (payload) => {
      const headers = await SIGN[name](payload, payload.text)
      assert.equal(await send(name, payload.text, headers), 200, payload.id)
      assert.equal(await send(name, payload.text, headers), 200, `${payload.id} again`)
    })
    const mine = handled.get(name) ?? assert.fail()
    const events = await mine.waitFor(payloads.length)
    assert.equal(events.length, payloads.length)
    const textById = new Map(payloads.map((payload) => [payload.id, payload]))
    if (name === 'stripe') textById.set('evt_test_webhook', payloads[0] ?? assert.fail())
    for (const event of events) {
      const payload = textById.get(event.id) ?? assert.fail(`${event.id} is unknown, or came twice`)
      textById.delete(event.id)
      assert.equal(sha256(event.body), sha256(payload.text))
      assert.deepEqual(event.data, JSON.parse(payload.text))
      assert.equal(event.source, name)
      if (name === 'github') assert.equal(event.type, payload.type)
    }
    const stored = await posthorn.use.events.get(
      (await posthorn.use.tenants.get('default')).id,
      events[0]?.id ?? '',
      `src_${name}`,
    )
    assert.equal(sha256(stored.data), sha256(events[0]?.body ?? ''))
  })

for (const name of Object.keys(SECRETS) as SourceName[])
  test(`${name}: a changed body, an old time stamp or a foreign secret is answered 401 and never handled`, async () => {
    const before = handled.get(name)?.events.length
    const payload = { id: `refused-${name}`, type: 'x', text: `{"id":"refused-${name}","type":"x"}` }
    const headers = await SIGN[name](payload, payload.text)
    assert.equal(await send(name, `${payload.text} `, headers), 401)
    assert.equal(await send(name, payload.text, {}), 401)
    assert.equal(await send(name, payload.text, await FORGE[name](payload, payload.text)), 401)
    // What was taken after the refusals is handled after them: nothing that was refused is on its way.
    assert.equal(await send(name, payload.text, headers), 200)
    const events = await (handled.get(name) ?? assert.fail()).waitFor((before ?? 0) + 1)
    assert.equal(events.length, (before ?? 0) + 1)
    assert.equal(events.at(-1)?.id, payload.id)
  })

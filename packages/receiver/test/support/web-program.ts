/** What web-realm.ts runs: the whole package but its Node side. Texts in, texts out, since realms share no objects. */
import { createReceiver, createSigner, OUTBOUND_SCHEME_NAMES, outboundScheme } from '@posthorn/receiver'
import { explainRefusal } from '@posthorn/receiver/doctor'
import { expressAdapter } from '@posthorn/receiver/express'
import { fastifyAdapter } from '@posthorn/receiver/fastify'
import { honoAdapter } from '@posthorn/receiver/hono'
import { nodeHttpAdapter } from '@posthorn/receiver/node-http'
import { createProviderInbound, findProvider, parseCustomScheme } from '@posthorn/receiver/providers'
import { webAdapter } from '@posthorn/receiver/web'

export interface Sent {
  readonly name: string
  readonly secret?: string
  readonly settings?: Record<string, string | string[]>
  readonly key?: string
  readonly url: string
  readonly method: string
  readonly headers: Record<string, string>
  /** Base64. */
  readonly body: string
  readonly nowMs: number
}

const WHSK = 'whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=='
const WHSEC = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const bytesOf = (base64: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))

export async function run(given: string): Promise<string> {
  const sent = JSON.parse(given) as readonly Sent[]
  const answers: string[] = []
  for (const one of sent) answers.push(await taken(one))
  const made = [expressAdapter, fastifyAdapter, honoAdapter, nodeHttpAdapter].map(
    (adapter) =>
      typeof adapter({ maxBodyBytes: 1, receive: async () => ({ status: 200 }), failed: () => {} }),
  )
  const parsed = parseCustomScheme({ name: 'acme', header: 'X-Acme', signed: ['body'] })
  const cause = await explained()
  const node = ['process', 'Buffer', 'require', 'setTimeout', 'global', 'performance'].filter(
    (name) => name in globalThis,
  )
  return JSON.stringify({ answers, signed: await signed(), made, parsed: parsed.ok, cause, node })
}

/** Through the web adapter: status of the request as it is, and of the same with another body. */
async function taken({
  name,
  secret,
  settings,
  key,
  nowMs,
  url,
  method,
  headers,
  body,
}: Sent): Promise<string> {
  const provider = findProvider(name)
  if (!provider) return `${name} is unknown`
  let items = 0
  const inbound = createProviderInbound({
    ...{ provider, clock: () => nowMs, publicUrl: url },
    secrets: secret === undefined ? undefined : [secret],
    settings,
    fetchKey: key === undefined ? undefined : async () => key,
    onEvent: (found) => {
      items += found.length
    },
    onError: (error) => {
      throw error
    },
  })
  const adapter = webAdapter(inbound)
  const post = (bytes: Uint8Array<ArrayBuffer>) => adapter(new Request(url, { method, headers, body: bytes }))
  const good = await post(bytesOf(body))
  const bad = await post(bytesOf(body).map((byte, index) => (index === 1 ? byte ^ 1 : byte)))
  return `${name} ${good.status} ${items > 0 ? 'items' : 'nothing'} ${bad.status}`
}

async function signed(): Promise<string[]> {
  const body = new TextEncoder().encode('{}')
  const message = { id: 'e', type: 't', deliveryId: 'd', timestampMs: 1_700_000_000_000, body }
  return Promise.all(
    OUTBOUND_SCHEME_NAMES.map(async (name) => {
      const options = { scheme: outboundScheme(name), secrets: [name === 'standard-ed25519' ? WHSK : WHSEC] }
      const headers = await createSigner(options).sign(message)
      const result = await createReceiver({ ...options, clock: () => message.timestampMs }).verify({
        headers,
        body,
      })
      return `${name} ${result.ok}`
    }),
  )
}

async function explained(): Promise<string> {
  const body = new TextEncoder().encode('{"a": 1}')
  const subject = { scheme: outboundScheme('prefixed'), secrets: [WHSEC] }
  const message = { id: 'e', type: 't', deliveryId: 'd', timestampMs: 1_700_000_000_000, body }
  const headers = await createSigner(subject).sign(message)
  const lost = new TextEncoder().encode('{"a": 1}\n')
  const found = await explainRefusal({ headers, body: lost }, subject)
  return found.map(({ cause }) => cause).join(' ')
}

import { PROVIDERS } from '@posthorn/receiver/providers'
import { NOW, type Sample } from '../../../../receiver/test/support/sample.ts'
import { SAMPLES } from '../../../../receiver/test/support/samples.ts'
import type { RequestId } from '../../../src/domain/ids.ts'
import type { InboundRequest } from '../../../src/domain/inbound-request.ts'
import type { EngineOptions } from '../../../src/engine/engine.ts'
import type { Inbox } from '../../../src/engine/receive/inbox.ts'
import { INBOX_DEFAULTS, type InboxSettings } from '../../../src/engine/receive/inbox-settings.ts'
import type { InboundAnswer, IncomingRequest, Sender } from '../../../src/engine/receive/way-in.ts'
import { NO_TRACER, type Tracer } from '../../../src/ports/tracer.ts'
import type { Life } from '../../engine/support/life.ts'
import { ANY_PAGE, inWorld, type World } from '../../engine/support/world.ts'

export { NOW } from '../../../../receiver/test/support/sample.ts'

/** Of a network for documentation. */
export const SENDER: Sender = { address: '203.0.113.7', secure: true }
export const SECRET = 'whsec_a_secret_of_a_provider_for_tests'

export function sampleOf(name: string): Sample {
  const sample = SAMPLES.find((one) => one.name === name)
  if (sample === undefined) throw new Error(`there is no sample of ${name}`)
  return sample
}

/** An engine with sources in it, at the instant at which the samples were signed. */
export class Desk {
  readonly world: World
  readonly life: Life

  constructor(world: World, life: Life) {
    this.world = world
    this.life = life
  }

  get clock() {
    return this.world.clock
  }

  get recorder() {
    return this.life.recorder
  }

  /** A declared source. */
  source(name: string, settings: Partial<InboxSettings> & Pick<InboxSettings, 'provider'>): Inbox {
    const { tenant } = this.world
    return this.life.engine.source({ ...INBOX_DEFAULTS, id: `src_${name}`, name, tenant, ...settings })
  }

  /** A source for a sample, with what a guarded client would fetch for it. */
  async sampled(sample: Sample, more: Partial<InboxSettings> = {}): Promise<Inbox> {
    const { secret, settings = {}, fetchKey, name } = sample
    const body = fetchKey === undefined ? '' : String(await fetchKey('', { maxBytes: 0, timeoutMs: 0 }))
    for (const url of KEY_URLS) this.world.transport.always(url, { status: 200, body })
    const secrets = secret === undefined ? [] : [secret]
    return this.source(name, { provider: PROVIDERS[name], secrets, settings, ...more })
  }

  /** Everything that is kept about the requests to a source, newest first. */
  async kept(source: string): Promise<readonly InboundRequest[]> {
    await this.clock.settle()
    const { requests } = this.life.engine
    return (await requests.list(this.world.tenant.id, source, { verdict: null }, ANY_PAGE)).items
  }

  /** As it is in the store, with its body. */
  async stored(source: string, id: string | undefined): Promise<InboundRequest | null> {
    await this.clock.settle()
    return this.world.store.requests.get(this.world.tenant.id, `src_${source}`, id as RequestId)
  }

  /** Of a source, oldest first. */
  async events(source: string) {
    const sourceId = `src_${source}` as const
    const query = { tenantId: this.world.tenant.id, sourceId, eventType: null, since: null, until: null }
    return (await this.world.store.events.list({ ...query, before: null, limit: 2_000 })).reverse()
  }
}

const KEY_URLS = [
  'https://api.paypal.com/v1/notifications/certs/CERT-360caa42',
  'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-abc123.pem',
  'https://rest.fal.ai/.well-known/jwks.json',
]

/** Runs a test at a desk of its own, and looks afterwards whether everything was given back. */
export function atDesk(
  run: (desk: Desk) => Promise<void>,
  options: Partial<EngineOptions> = {},
  tracer: Tracer = NO_TRACER,
) {
  return inWorld(async (world) => {
    world.clock.setWall(NOW)
    world.tracer = tracer
    await run(new Desk(world, await world.start()))
  }, options)
}

export function requestIdOf(answer: InboundAnswer): string | undefined {
  return answer.headers?.['posthorn-request']
}

/** A GitHub-like request of any body, signed with `SECRET`. */
export function post(request: Partial<IncomingRequest> = {}): IncomingRequest {
  return { method: 'POST', url: '/in/src_1', headers: [], body: new Uint8Array(0), ...request }
}

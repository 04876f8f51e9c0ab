import { isPosthornError, PosthornError } from '../../domain/error.ts'
import type { SubscriptionId } from '../../domain/ids.ts'
import { LIMITS } from '../../domain/limits.ts'
import type { Subscription } from '../../domain/subscription.ts'
import { publicKeyFor } from '../../engine/directory/public-key.ts'
import { type Call, type Handlers, type Tools, tenantOf } from '../http/handler.ts'
import { toDelivery } from '../wire/delivery.ts'
import { fromInstant, toInstant } from '../wire/instant.ts'
import {
  fromSubscriptionInput,
  fromSubscriptionPatch,
  toStats,
  toSubscription,
  toTestResult,
} from '../wire/subscription.ts'
import { toPage, toPageRequest } from './page.ts'

const STATS_WINDOW_S = 86_400

type Crud =
  | 'createSubscription'
  | 'listSubscriptions'
  | 'getSubscription'
  | 'updateSubscription'
  | 'deleteSubscription'
  | 'rotateSubscriptionSecret'

export function subscriptionHandlers({ useCases: { subscriptions } }: Tools): Handlers<Crud> {
  return {
    async createSubscription(call) {
      const input = fromSubscriptionInput(call.body)
      const { subscription, secret } = await wireNames(subscriptions.create(tenantOf(call).id, input))
      return { status: 201, body: { ...toSubscription(subscription), ...shownSecret(subscription, secret) } }
    },
    async listSubscriptions(call) {
      const page = await subscriptions.list(tenantOf(call).id, toPageRequest(call.query))
      return { status: 200, body: toPage(page, (one) => toSubscription(one, isLooking(call))) }
    },
    async getSubscription(call) {
      const subscription = await subscriptions.get(tenantOf(call).id, subscriptionId(call))
      return { status: 200, body: toSubscription(subscription, isLooking(call)) }
    },
    async updateSubscription(call) {
      const patch = fromSubscriptionPatch(call.body)
      const subscription = await subscriptions.update(tenantOf(call).id, subscriptionId(call), patch)
      return { status: 200, body: toSubscription(subscription) }
    },
    async deleteSubscription(call) {
      await subscriptions.delete(tenantOf(call).id, subscriptionId(call))
      return { status: 204, body: null }
    },
    async rotateSubscriptionSecret(call) {
      const tenantId = tenantOf(call).id
      const id = subscriptionId(call)
      const { overlap_s: overlapS = LIMITS.rotationOverlapSDefault, signing_secret: secret = null } =
        call.body
      const rotated = await wireNames(subscriptions.rotateSecret(tenantId, id, { overlapS, secret }))
      const subscription = await subscriptions.get(tenantId, id)
      return {
        status: 200,
        body: {
          ...shownSecret(subscription, rotated.secret),
          previous_expires_at: toInstant(rotated.previousExpiresAt),
          both_signatures: rotated.bothSignatures,
        },
      }
    },
  }
}

type Doing =
  | 'testSubscription'
  | 'enableSubscription'
  | 'disableSubscription'
  | 'listSubscriptionDeliveries'
  | 'getSubscriptionStats'
  | 'replaySubscription'

export function subscriptionActionHandlers({ useCases }: Tools): Handlers<Doing> {
  const { subscriptions, deliveries, replays, audit } = useCases
  return {
    async testSubscription(call) {
      const { id, name } = await subscriptions.get(tenantOf(call).id, subscriptionId(call))
      const result = await subscriptions.test(tenantOf(call), id)
      const object = { kind: 'subscription', id, name }
      await audit.note({ tenantId: tenantOf(call).id, action: 'subscription.tested', object })
      return { status: 200, body: toTestResult(result) }
    },
    async enableSubscription(call) {
      const subscription = await subscriptions.enable(tenantOf(call).id, subscriptionId(call))
      return { status: 200, body: toSubscription(subscription) }
    },
    async disableSubscription(call) {
      const subscription = await subscriptions.disable(tenantOf(call).id, subscriptionId(call))
      return { status: 200, body: toSubscription(subscription) }
    },
    async listSubscriptionDeliveries(call) {
      const tenantId = tenantOf(call).id
      const { query } = call
      // For the 404: a feed of nothing would hide a wrong id.
      const { id } = await subscriptions.get(tenantId, subscriptionId(call))
      const filter = {
        state: query.state ?? null,
        targetId: id,
        eventId: null,
        eventType: query.event_type ?? null,
        since: fromInstant(query.since),
        until: fromInstant(query.until),
      }
      const page = await deliveries.list(tenantId, filter, toPageRequest(query))
      return { status: 200, body: toPage(page, toDelivery) }
    },
    async getSubscriptionStats(call) {
      const tenantId = tenantOf(call).id
      const { id } = await subscriptions.get(tenantId, subscriptionId(call))
      const windowS = call.query.window_s ?? STATS_WINDOW_S
      return { status: 200, body: toStats(windowS, await deliveries.stats(tenantId, id, windowS * 1000)) }
    },
    async replaySubscription(call) {
      const { body } = call
      const asked = {
        since: fromInstant(body.since) ?? 0,
        until: fromInstant(body.until),
        states: body.states ?? null,
        eventTypes: body.event_types ?? null,
      }
      const tenantId = tenantOf(call).id
      if (body.dry_run === true)
        return { status: 200, body: await replays.preview(tenantId, subscriptionId(call), asked) }
      const replay = await replays.start(tenantId, subscriptionId(call), asked)
      return { status: 202, body: { replay_id: replay.id } }
    },
  }
}

/** The contract takes any text as an id; what is none of ours is found nowhere. */
function subscriptionId(call: { readonly params: { id: string } }): SubscriptionId {
  return call.params.id as SubscriptionId
}

function isLooking({ principal }: Pick<Call<'getSubscription'>, 'principal'>): boolean {
  return principal?.scope === 'read'
}

function shownSecret({ signature }: Subscription, secret: string) {
  const publicKey = publicKeyFor(signature, secret)
  return { signing_secret: secret, ...(publicKey === null ? {} : { public_key: publicKey }) }
}

/** The engine's `secret` is `signing_secret` on the wire. */
async function wireNames<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    if (!isPosthornError(error) || error.flaws.length === 0) throw error
    const rename = (text: string) => text.replace(/^\/secret(?=$| )/, '/signing_secret')
    const flaws = error.flaws.map(({ path, message }) => ({ path: rename(path), message }))
    throw new PosthornError(error.code, rename(error.message), { flaws, cause: error })
  }
}

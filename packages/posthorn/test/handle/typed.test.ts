/**
 * Types of handlers. What counts here is that this file compiles (`npm run types`): an assignment below that no longer
 * fits is an error, and so is an expected error that is none. The test only shows that such handlers are called.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EmitterWebhookEvent, EmitterWebhookEventName } from '@octokit/webhooks'
import type Stripe from 'stripe'
import type { HandledEvent, Posthorn, SourceHandle, StandardSchema } from '../../src/index.ts'
import { GITHUB, openShop, STRIPE, webhook } from '../library/support/shop.ts'

/** True when both are the same type, not only assignable. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type True<T extends true> = T

interface Orders {
  'order.paid': { readonly total: number }
  'order.line.added': { readonly sku: string }
  'order.line.removed': { readonly sku: string; readonly why: string }
  ping: null
  'shop/build:done': { readonly minutes: number }
}

/** Never called: only its types are of interest. */
export function ownTypes(orders: SourceHandle<Orders>): void {
  orders.on('order.paid', (event) => {
    const same: True<Same<typeof event, HandledEvent<Orders['order.paid'], 'order.paid'>>> = true
    return same && event.data.total
  })
  orders.on('order.*', (event) => {
    const same: True<Same<typeof event.type, 'order.paid' | 'order.line.added' | 'order.line.removed'>> = true
    if (event.type === 'order.line.removed') return event.data.why
    return same
  })
  orders.on('order.line.*', ({ data }) => data.sku)
  orders.on('*', (event) => {
    const same: True<Same<typeof event.type, keyof Orders>> = true
    return same && event.type === 'ping' ? (event.data satisfies null) : event.id
  })
  orders.on('shop/*', ({ data }) => data.minutes)
  orders.on('shop/build:*', ({ data }) => data.minutes)
  // @ts-expect-error a type that is not in the map
  orders.on('order.payed', () => undefined)
  // @ts-expect-error a category that is not in the map
  orders.on('invoice.*', () => undefined)
  // @ts-expect-error an exact type has only its own data
  orders.on('order.paid', ({ data }) => data.sku)
  // @ts-expect-error the map says otherwise
  orders.on('order.paid', (_event: HandledEvent<string>) => undefined)
  // @ts-expect-error not all that fit have it
  orders.on('order.*', ({ data }) => data.total)
}

/** Never called: only its types are of interest. */
export function withSchema(
  orders: SourceHandle<Orders>,
  any: SourceHandle,
  posthorn: Posthorn,
  schema: StandardSchema<{ total: string }, { total: Date }>,
): void {
  orders.on('order.paid', ({ data }) => data.total.getTime(), { schema })
  any.on('whatever', ({ data }) => data.total.getTime(), { schema, concurrency: 1 })
  posthorn.on('orders', '*', ({ data }) => data.total.getTime(), { schema })
  // @ts-expect-error the schema says otherwise
  posthorn.on<string>('orders', '*', ({ data }) => data, { schema })
}

/** Never called: only its types are of interest. */
export function withoutMap(any: SourceHandle, posthorn: Posthorn): void {
  any.on('what.ever.*', (event) => {
    const same: True<Same<typeof event, HandledEvent>> = true
    return same
  })
  // @ts-expect-error nothing is known of it
  any.on('a', ({ data }) => data.total)
  posthorn.on<{ total: number }>('orders', 'order.*', ({ data }) => data.total.toFixed())
  posthorn.on('orders', 'order.*', ({ data }) => {
    const same: True<Same<typeof data, unknown>> = true
    return same
  })
  // @ts-expect-error the functions of the context are known
  posthorn.on('orders', '*', (_event, ctx) => ctx.retryAfter('soon'))
  // `drop` never returns: what stands after it needs no value.
  posthorn.on('orders', '*', (_event, ctx): number => (ctx.attempt > 1 ? ctx.drop('twice') : 7))
}

/** GitHub's types, from the package that GitHub's makers publish. */
type GithubEvents = { [Name in EmitterWebhookEventName]: EmitterWebhookEvent<Name>['payload'] }
/** Stripe's: each event carries its own name. */
type StripeEvents = { [Event in Stripe.Event as Event['type']]: Event }

test("handlers with the types of GitHub's and Stripe's own packages", async () => {
  await using shop = await openShop()
  const { posthorn, clock } = shop
  const github = posthorn.source<GithubEvents>('github', GITHUB)
  const stripe = posthorn.source<StripeEvents>('stripe', STRIPE)
  const seen: unknown[] = []
  github.on('issues', ({ data }) => {
    if (data.action === 'opened') seen.push(data.issue.number.toFixed())
  })
  github.on('issues.opened', ({ data }) => seen.push(data.issue.title.length))
  github.on('issues.*', ({ data }) => seen.push(data.repository.full_name.length))
  stripe.on('invoice.paid', ({ data }) => seen.push(data.data.object.id?.length))
  stripe.on('invoice.*', (event) => {
    if (event.type === 'invoice.paid') seen.push(event.data.data.object.customer)
  })
  stripe.on('*', ({ data }) => seen.push(data.type))
  // @ts-expect-error a type that GitHub does not have
  github.on('issues.openedd', () => undefined)
  // @ts-expect-error a charge has no lines
  stripe.on('charge.succeeded', ({ data }) => data.data.object.lines)
  await posthorn.start()
  const invoice = { id: 'evt_1', type: 'invoice.paid', data: { object: { id: 'in_1', customer: 'cus_1' } } }
  await stripe.receive(await webhook(clock, { body: JSON.stringify(invoice) }))
  await clock.settle()
  assert.deepEqual(seen.map(String).sort(), ['4', 'cus_1', 'invoice.paid'])
})

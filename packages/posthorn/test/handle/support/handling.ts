import assert from 'node:assert/strict'
import type { HandlerFunction, HandlerOptions, LibraryOptions, Posthorn } from '../../../src/index.ts'
import type { FakeClock } from '../../../src/testing/fake-clock.ts'
import { openShop, STRIPE, webhook } from '../../library/support/shop.ts'

/** An application with one handler, that has got one event. */
export async function handling(
  run: HandlerFunction,
  options: HandlerOptions = {},
  given: LibraryOptions = {},
  prepare = async (_posthorn: Posthorn): Promise<unknown> => undefined,
) {
  const { clock, ...rest } = given
  const shop = await openShop(rest, clock as FakeClock | undefined)
  await prepare(shop.posthorn)
  const inbox = shop.posthorn.source('stripe', STRIPE).on('*', run, { retry: [1, 1, 1], ...options } as never)
  await shop.posthorn.start()
  const send = async (id: string) => {
    await inbox.receive(await webhook(shop.clock, { id }))
    await shop.clock.settle()
  }
  await send('evt_1')
  const delivery = async () => {
    const filter = { state: null, targetId: null, eventId: null, eventType: null, since: null, until: null }
    const { items } = await shop.posthorn.use.deliveries.list(shop.tenant.id, filter, {
      limit: 9,
      cursor: null,
    })
    return items.find(({ eventId }) => eventId === 'evt_1') ?? assert.fail('there is no delivery')
  }
  const attempts = async () => shop.posthorn.use.deliveries.attempts(shop.tenant.id, (await delivery()).id)
  const warnings = () => shop.log.map(([text]) => text).filter((text) => text.startsWith('ctx.'))
  return { ...shop, send, delivery, attempts, warnings, [Symbol.asyncDispose]: shop.close }
}

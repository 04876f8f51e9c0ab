import type { BulkId, SubscriptionId } from '../../domain/ids.ts'
import type { LiveNews, LiveTopic } from '../../engine/insight/use-cases.ts'
import type { Principal } from '../../engine/use-cases.ts'
import { type Handlers, type Tools, tenantOf } from '../http/handler.ts'
import { toDelivery } from '../wire/delivery.ts'
import { toListedEventText } from '../wire/event.ts'
import { fromBulkInput, toBulk, toBulkItem, toDeadLetters, toOverview } from '../wire/insight.ts'
import { toInstant } from '../wire/instant.ts'
import { toPage, toPageRequest } from './page.ts'

const WINDOW_S = 3600

type Looking = 'getOverview' | 'search' | 'live' | 'listDeadLetters'

export function insightHandlers({ useCases, streams }: Tools): Handlers<Looking> {
  const { insight, subscriptions } = useCases
  /** Hosts are nothing for tenants. */
  const processesFor = (principal: Principal | null) =>
    principal?.scope === 'admin' ? insight.processes() : []
  const texts = new NewsTexts()
  return {
    async getOverview(call) {
      const overview = await insight.overview(tenantOf(call).id, (call.query.window_s ?? WINDOW_S) * 1000)
      return { status: 200, body: toOverview(overview, processesFor(call.principal)) }
    },
    async search(call) {
      return { status: 200, body: { data: [...(await insight.find(tenantOf(call).id, call.query.q))] } }
    },
    async live(call) {
      const tenantId = tenantOf(call).id
      const { topics = 'deliveries', subscription_id } = call.query
      // For the 404: a stream of nothing would hide a wrong id.
      if (subscription_id !== undefined) await subscriptions.get(tenantId, subscription_id as SubscriptionId)
      const last = call.headers['last-event-id']
      const watch = {
        ...{ tenantId, topics: new Set(topics.split(',') as LiveTopic[]) },
        subscriptionId: (subscription_id ?? null) as SubscriptionId | null,
        after: last === undefined ? null : Number(last),
      }
      const textOf = (news: LiveNews) =>
        news.kind === 'overview'
          ? JSON.stringify(toOverview(news.row, processesFor(call.principal)))
          : texts.of(news)
      const stream = streams.open(call.principal as Principal, (tell) =>
        insight.live.open(watch, (news) =>
          tell(news.map((one) => ({ event: one.kind, id: one.at, data: textOf(one) }))),
        ),
      )
      // Proxies that gather what they pass on would gather for minutes.
      return { status: 200, body: stream as unknown as string, headers: { 'x-accel-buffering': 'no' } }
    },
    async listDeadLetters(call) {
      return { status: 200, body: toDeadLetters(await insight.deadLetters(tenantOf(call).id)) }
    },
  }
}

type Told = Exclude<LiveNews, { readonly kind: 'overview' }>

/** The same news goes to many streams. */
class NewsTexts {
  readonly #made = new WeakMap<Told, string>()

  of(news: Told): string {
    const text = this.#made.get(news) ?? textOfNews(news)
    this.#made.set(news, text)
    return text
  }
}

function textOfNews(news: Told): string {
  switch (news.kind) {
    case 'delivery':
      return JSON.stringify(toDelivery(news.row))
    case 'event':
      return toListedEventText(news.row)
    case 'changed':
      return JSON.stringify({ at: toInstant(news.at) })
  }
}

type OnBulks = 'startBulk' | 'listBulks' | 'getBulk' | 'listBulkItems' | 'cancelBulk'

export function bulkHandlers({ useCases: { bulks } }: Tools): Handlers<OnBulks> {
  const idOf = (call: { readonly params: { id: string } }) => call.params.id as BulkId
  return {
    async startBulk(call) {
      const { id, matched } = await bulks.start(tenantOf(call).id, fromBulkInput(call.body))
      return { status: 202, body: { bulk_id: id, matched } }
    },
    async listBulks(call) {
      return {
        status: 200,
        body: toPage(await bulks.list(tenantOf(call).id, toPageRequest(call.query)), toBulk),
      }
    },
    async getBulk(call) {
      return { status: 200, body: toBulk(await bulks.get(tenantOf(call).id, idOf(call))) }
    },
    async listBulkItems(call) {
      const page = await bulks.items(tenantOf(call).id, idOf(call), toPageRequest(call.query))
      return { status: 200, body: toPage(page, toBulkItem) }
    },
    async cancelBulk(call) {
      return { status: 200, body: toBulk(await bulks.cancel(tenantOf(call).id, idOf(call))) }
    },
  }
}

import type { FittingEvent, PatternOf } from '../engine/handle/event-map.ts'
import type { HandlerContext, HandlerFunction } from '../engine/handle/handler-context.ts'
import type { HandlerOptions } from '../engine/handle/handler-options.ts'
import type { StandardSchema } from '../engine/handle/standard-schema.ts'
import { SourceInbox } from './source-inbox.ts'

/** Registers a handler of one source. */
export type Register = (pattern: string, run: HandlerFunction, options: HandlerOptions) => void

/**
 * A source of this application: a way in for an adapter (`expressAdapter(handle)`), and handlers typed by a map from
 * event type to data. The presets bring no types of their own, since they depend on nothing: give the vendor's
 * (`@octokit/webhooks` for GitHub, `Stripe.Event` of `stripe`) or your own. A map is checked by the compiler only; what
 * really comes in is checked by a `schema`.
 *
 * @example
 * interface Invoices { 'invoice.paid': { id: string; total: number }; 'invoice.voided': { id: string } }
 * const stripe = posthorn.source<Invoices>('stripe', { scheme, secrets })
 * stripe.on('invoice.paid', ({ data }) => book(data.total))
 * stripe.on('invoice.*', (event) => { if (event.type === 'invoice.voided') cancel(event.data.id) })
 */
export class SourceHandle<Events extends object = Record<string, unknown>> extends SourceInbox {
  readonly #register: Register

  constructor(register: Register, ...way: ConstructorParameters<typeof SourceInbox>) {
    super(...way)
    this.#register = register
  }

  /**
   * Handles the events that fit, at least once: a handler whose process died is called again. With a schema the data
   * has the type that the schema makes.
   * @param pattern `*`, an exact type, or `invoice.*`
   * @throws PosthornError `config_invalid`
   */
  on<Data>(
    pattern: PatternOf<Events>,
    run: HandlerFunction<Data>,
    options: HandlerOptions & { readonly schema: StandardSchema<unknown, Data> },
  ): this
  on<Pattern extends PatternOf<Events>>(
    pattern: Pattern,
    run: (event: FittingEvent<Events, Pattern>, context: HandlerContext) => unknown,
    options?: HandlerOptions & { readonly schema?: undefined },
  ): this
  on(pattern: string, run: unknown, options: HandlerOptions = {}): this {
    this.#register(pattern, run as HandlerFunction, options)
    return this
  }
}

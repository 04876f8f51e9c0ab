/**
 * Types of events by their names: `interface MyEvents { 'invoice.paid': Invoice; 'invoice.voided': Invoice }`. A map is
 * the word of whoever wrote it, checked by the compiler only; what a sender really sends is checked by a schema.
 */
import type { HandledEvent } from './handled-event.ts'

/** The event types of a map. */
export type TypeOf<Events extends object> = keyof Events & string

/**
 * What a handler of such a source may ask for: `*`, a type of the map, or a category (`invoice.*`, `orders/*`). Any text
 * without a map.
 */
export type PatternOf<Events extends object> =
  string extends TypeOf<Events> ? string : '*' | TypeOf<Events> | Category<TypeOf<Events>>

/** As in `domain/filter.ts`. */
type Separator = '.' | '/' | ':'

/** `a.*`, `a.b/*` of `a.b/c`. */
type Category<Type extends string> = {
  [S in Separator]: Type extends `${infer Head}${S}${infer Rest}`
    ? `${Head}${S}*` | `${Head}${S}${Category<Rest>}`
    : never
}[Separator]

/** The types of a map that fit a pattern. */
export type FittingTypes<Events extends object, Pattern extends string> =
  string extends TypeOf<Events>
    ? string
    : Pattern extends `${infer Prefix}*`
      ? Extract<TypeOf<Events>, `${Prefix}${string}`>
      : Extract<TypeOf<Events>, Pattern>

/** The events that fit a pattern: a union told apart by `type`. Data is `unknown` without a map. */
export type FittingEvent<Events extends object, Pattern extends string> = EventsOfTypes<
  Events,
  FittingTypes<Events, Pattern>
>

type EventsOfTypes<Events extends object, Type extends string> =
  Type extends TypeOf<Events> ? HandledEvent<Events[Type], Type> : HandledEvent

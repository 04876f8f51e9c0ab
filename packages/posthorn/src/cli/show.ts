import type { Row } from '../api/contract/contract.ts'
import type { Context } from './context.ts'
import type { Output, Style } from './output.ts'
import { type Column, fieldLines } from './text/table.ts'
import { shortInstant } from './text/time.ts'
import { harmless } from './text/width.ts'

type Delivery = Row<'listDeliveries'>

const STATE_STYLES: Readonly<Record<string, Style>> = {
  pending: 'yellow',
  delivered: 'green',
  dead: 'red',
  cancelled: 'dim',
  success: 'green',
  retry: 'yellow',
  fatal: 'red',
}

/** A state or an outcome in its colour. */
export function stateText(output: Output, state: string, text = state): string {
  const style = STATE_STYLES[state]
  return style === undefined ? text : output.paint(style, text)
}

export function deliveryColumns({ output }: Context): Array<Column<Delivery>> {
  return [
    { title: 'id', value: ({ id }) => id },
    {
      title: 'state',
      value: ({ state }) => state,
      paint: (cell, { state }) => stateText(output, state, cell),
    },
    { title: 'type', value: ({ event_type }) => event_type, least: 16 },
    { title: 'target', value: targetOf, least: 12 },
    { title: 'tries', value: ({ attempts }) => String(attempts), right: true },
    { title: 'created', value: ({ created_at }) => shortInstant(created_at) },
    { title: 'last error', value: lastOf, least: 10 },
  ]
}

export function deliveryFields(delivery: Delivery): Array<readonly [string, string]> {
  return [
    ['id', delivery.id],
    ['state', delivery.state],
    ['event', `${delivery.event_id} (${delivery.event_type})`],
    ['target', targetOf(delivery)],
    ['attempts', String(delivery.attempts)],
    ['created', delivery.created_at],
    ...(delivery.next_attempt_at === null ? [] : [['next attempt', delivery.next_attempt_at] as const]),
    ...(delivery.finished_at === null ? [] : [['finished', delivery.finished_at] as const]),
    ...(lastOf(delivery) === '' ? [] : [['last error', lastOf(delivery)] as const]),
    ...(delivery.replay_id === null ? [] : [['replay', delivery.replay_id] as const]),
  ]
}

function targetOf({ subscription_id, handler }: Delivery): string {
  return subscription_id ?? (handler === null ? '' : `handler ${handler}`)
}

function lastOf({ last_error, last_status_code, state }: Delivery): string {
  if (state === 'delivered') return ''
  return last_error ?? (last_status_code === null ? '' : `status ${last_status_code}`)
}

/** One thing: its fields for people, the document for programs. */
export async function show(
  context: Context,
  json: boolean | undefined,
  document: unknown,
  fields: ReadonlyArray<readonly [string, string]>,
): Promise<void> {
  const { output } = context
  if (json) await output.json(document)
  else await output.lines(fieldLines(fields, (text) => output.paint('dim', text)))
}

/** Text of several lines, indented and harmless to the terminal. */
export function indented(text: string, by = '  '): string {
  return harmless(text.replace(/\r\n/g, '\n'))
    .split('\n')
    .map((line) => by + line)
    .join('\n')
}

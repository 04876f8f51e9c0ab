/** Types of a company's events, and events of them. */
import type { Api } from '../../support/api.ts'

const PEOPLE = ['Ada Lovelace', 'Grace Hopper', 'Edsger Dijkstra', 'Barbara Liskov', 'Katherine Johnson']

export function examplesOf(round: number): Array<[event_type: string, data: object]> {
  const customer = PEOPLE[round % PEOPLE.length] ?? ''
  const number = `2026-${1000 + round}`
  const amount = { value: 49.5 + round, currency: 'EUR' }
  return [
    [
      'user.created',
      { id: 4200 + round, name: customer, plan: round % 2 === 0 ? 'team' : 'free', invited_by: null },
    ],
    ['ticket.opened', { subject: 'How do I export?', from: customer, priority: 'normal' }],
    ['invoice.paid', { number, customer, amount, lines: [{ text: 'Team plan, November', quantity: 1 }] }],
  ]
}

export async function describeTypes(api: Api): Promise<void> {
  const describe = (name: string, description: string, more: object = {}) =>
    api.post('/event-types', { name, description, ...more }, 201)
  await describe('user.created', 'Somebody has signed up.', {
    schema: {
      type: 'object',
      required: ['id', 'name'],
      properties: { id: { type: 'integer' }, name: { type: 'string' }, plan: { enum: ['free', 'team'] } },
    },
    examples: [{ id: 42, name: 'Ada Lovelace', plan: 'team', invited_by: null }],
  })
  await describe('user.deleted', 'An account is gone, with everything in it.')
  await describe('invoice.created', 'It was sent to the customer.')
  await describe('invoice.paid', 'The money has arrived.')
  await describe('subscription.renewed', 'Another period has begun.')
  await describe('ticket.opened', 'A customer asks for help.')
}

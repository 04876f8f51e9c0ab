import type { Scope } from '../../data/session.tsx'
import type { IconName } from '../../parts/icon.tsx'

export interface Place {
  readonly to:
    | '/'
    | '/subscriptions'
    | '/events'
    | '/deliveries'
    | '/dead-letters'
    | '/sources'
    | '/event-types'
    | '/tenants'
    | '/keys'
    | '/alerts'
    | '/audit'
    | '/operator/alerts'
  readonly label: string
  readonly icon: IconName
}

interface Group {
  readonly name: string
  readonly places: readonly Place[]
  readonly scopes: readonly Scope[]
}

const READERS: readonly Scope[] = ['admin', 'tenant', 'read']

export const GROUPS: readonly Group[] = [
  { name: '', scopes: READERS, places: [{ to: '/', label: 'Overview', icon: 'overview' }] },
  {
    name: 'Sending',
    scopes: READERS,
    places: [
      { to: '/subscriptions', label: 'Subscriptions', icon: 'subscription' },
      { to: '/events', label: 'Events', icon: 'event' },
      { to: '/deliveries', label: 'Deliveries', icon: 'delivery' },
      { to: '/dead-letters', label: 'Dead letters', icon: 'dead' },
    ],
  },
  {
    name: 'Receiving',
    scopes: READERS,
    places: [{ to: '/sources', label: 'Sources', icon: 'source' }],
  },
  {
    name: 'Catalogue',
    scopes: READERS,
    places: [{ to: '/event-types', label: 'Event types', icon: 'type' }],
  },
  {
    name: 'Watching',
    scopes: READERS,
    places: [
      { to: '/alerts', label: 'Alerts', icon: 'alert' },
      { to: '/audit', label: 'Audit log', icon: 'audit' },
    ],
  },
  {
    name: 'Operator',
    scopes: ['admin'],
    places: [
      { to: '/tenants', label: 'Tenants', icon: 'tenant' },
      { to: '/keys', label: 'Keys', icon: 'key' },
      { to: '/operator/alerts', label: 'All alerts', icon: 'alert' },
    ],
  },
]

export function groupsFor(scope: Scope): readonly Group[] {
  return GROUPS.filter(({ scopes }) => scopes.includes(scope))
}

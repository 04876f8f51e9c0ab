/** What the server finds by id or by the beginning of a name, as commands that lead there. */
import { useNavigate } from '@tanstack/react-router'
import type { Result } from 'posthorn/client'
import { useEffect, useState } from 'react'
import { after } from '../../browser/clock.ts'
import { useAsk } from '../../data/queries.ts'
import { useClient } from '../../data/session.tsx'
import type { IconName } from '../../parts/icon.tsx'
import { tellProblem } from '../../parts/toasts.tsx'
import { excerpt } from '../../text/visible.ts'

export interface Command {
  readonly label: string
  readonly icon: IconName
  readonly act: () => void
}

type FoundRow = Result<'search'>['data'][number]
type Kind = FoundRow['kind']

const TYPING_MS = 150
/** What the server takes. */
const TEXT = { min: 2, max: 200 }

const KINDS: Readonly<Record<Kind, readonly [IconName, string]>> = {
  event: ['event', 'Event'],
  delivery: ['delivery', 'Delivery'],
  subscription: ['subscription', 'Subscription'],
  source: ['source', 'Source'],
  request: ['source', 'Request'],
  event_type: ['type', 'Event type'],
  replay: ['replay', 'Replay'],
  bulk: ['dead', 'Bulk'],
}

/** @param text as typed; the server is asked once the reader pauses */
export function useFound(text: string): {
  readonly commands: readonly Command[]
  readonly searching: boolean
} {
  const [asked, setAsked] = useState('')
  useEffect(() => after(TYPING_MS, () => setAsked(text)), [text])
  const fits = asked.length >= TEXT.min && asked.length <= TEXT.max
  const { data, isFetching } = useAsk('search', { query: { q: fits ? asked : '-' } }, { enabled: fits })
  const go = useGo()
  const rows = fits && asked === text ? (data?.data ?? []) : []
  const commands = rows.map((row): Command => {
    const [icon, word] = KINDS[row.kind]
    const name = row.name === row.id ? '' : ` ${excerpt(row.name, 60)}`
    const from = row.source === null ? '' : `, ${row.source}`
    return { icon, label: `${word}${name} · ${excerpt(row.id, 60)}${from}`, act: () => go(row) }
  })
  return { commands, searching: isFetching || asked !== text }
}

function useGo(): (row: FoundRow) => void {
  const navigate = useNavigate()
  const client = useClient()
  return ({ kind, id, source }) => {
    const params = { id }
    const pages: Readonly<Record<Kind, () => Promise<void>>> = {
      event: () => navigate({ to: '/events/$id', params, search: source === null ? {} : { source } }),
      delivery: () => navigate({ to: '/deliveries/$id', params }),
      subscription: () => navigate({ to: '/subscriptions/$id', params }),
      source: () => navigate({ to: '/sources/$id', params }),
      request: () =>
        navigate({ to: '/sources/$id/requests/$requestId', params: { id: source ?? '', requestId: id } }),
      event_type: () => navigate({ to: '/event-types/$name', params: { name: id } }),
      // It has no page of its own: its subscription shows how far it is.
      replay: async () => {
        const { subscription_id } = await client.call('getReplay', { params })
        await navigate({ to: '/subscriptions/$id', params: { id: subscription_id } })
      },
      bulk: () => navigate({ to: '/dead-letters', search: { bulk: id } }),
    }
    void pages[kind]().catch(tellProblem)
  }
}

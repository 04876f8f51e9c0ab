import { useQueryClient } from '@tanstack/react-query'
import { type ReactElement, useEffect, useRef } from 'react'
import { useNow } from '../../browser/clock.ts'
import { LIVE_MS, useAsk } from '../../data/queries.ts'
import { Problem } from '../../parts/note.tsx'
import { BulkProgress } from './bulk-progress.tsx'

const RUNNING_MS = 1000
/** So long one that is over stays in sight, besides the one that the address names. */
const SHOWN_MS = 10 * 60_000
const SHOWN = 3

/** What was ordered of late, and the one that the address names. */
export function Bulks({ chosen }: { chosen: string | undefined }): ReactElement {
  const now = useNow()
  const queries = useQueryClient()
  const found = useAsk(
    'listBulks',
    { query: { limit: 20 } },
    { every: (page) => (page?.data.some(({ state }) => state === 'running') ? RUNNING_MS : LIVE_MS) },
  )
  const bulks = found.data?.data ?? []
  const listed = bulks.some(({ id }) => id === chosen)
  const older = useAsk(
    'getBulk',
    { params: { id: chosen ?? '' } },
    { enabled: chosen !== undefined && found.data !== undefined && !listed },
  )
  const running = bulks.filter(({ state }) => state === 'running').length
  const before = useRef(running)
  useEffect(() => {
    // What it changed is to be seen in the list below.
    if (running < before.current) void queries.invalidateQueries()
    before.current = running
  }, [running, queries])
  const recent = bulks
    .filter(({ state, finished_at }) => state === 'running' || now - Date.parse(finished_at ?? '') < SHOWN_MS)
    .slice(0, SHOWN)
  const named = bulks.find(({ id }) => id === chosen) ?? older.data
  const shown = [...(named ? [named] : []), ...recent.filter(({ id }) => id !== chosen)]
  return (
    <>
      {older.error && <Problem error={older.error} />}
      {shown.map((bulk) => (
        <BulkProgress key={bulk.id} bulk={bulk} open={bulk.id === chosen} />
      ))}
    </>
  )
}

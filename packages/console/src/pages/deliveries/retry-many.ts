import { useQueryClient } from '@tanstack/react-query'
import { PosthornApiError } from 'posthorn/client'
import { useState } from 'react'
import { useClient } from '../../data/session.tsx'

/** So many requests at once: a browser opens no more connections than this. */
const TOGETHER = 6

export interface RetryProgress {
  readonly of: number
  readonly retried: number
  readonly failures: ReadonlyArray<{ readonly id: string; readonly detail: string }>
  readonly done: boolean
}

/** Retries deliveries one by one, and keeps what became of each. */
export function useRetryMany(onDone: () => void): {
  readonly progress: RetryProgress | null
  readonly run: (ids: readonly string[]) => Promise<void>
} {
  const client = useClient()
  const queries = useQueryClient()
  const [progress, setProgress] = useState<RetryProgress | null>(null)
  const run = async (ids: readonly string[]) => {
    setProgress({ of: ids.length, retried: 0, failures: [], done: false })
    const open = [...ids]
    const one = async (id: string) => {
      try {
        await client.call('retryDelivery', { params: { id } })
        setProgress((old) => old && { ...old, retried: old.retried + 1 })
      } catch (error) {
        const detail = error instanceof PosthornApiError ? error.detail : String(error)
        setProgress((old) => old && { ...old, failures: [...old.failures, { id, detail }] })
      }
    }
    const lane = async () => {
      for (let id = open.pop(); id !== undefined; id = open.pop()) await one(id)
    }
    await Promise.all(Array.from({ length: TOGETHER }, lane))
    setProgress((old) => old && { ...old, done: true })
    onDone()
    await queries.invalidateQueries()
  }
  return { progress, run }
}

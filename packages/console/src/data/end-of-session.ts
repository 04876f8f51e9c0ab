import { useQueryClient } from '@tanstack/react-query'
import { PosthornApiError } from 'posthorn/client'
import { useEffect } from 'react'

/** The server no longer knows the session: any answer may tell. */
export function useEndOfSession(leave: () => void, signedIn: boolean): void {
  const queries = useQueryClient()
  useEffect(() => {
    if (!signedIn) return
    const look = (error: unknown) => {
      if (error instanceof PosthornApiError && error.status === 401) leave()
    }
    const stops = [
      queries.getQueryCache().subscribe(({ query }) => look(query.state.error)),
      queries.getMutationCache().subscribe(({ mutation }) => look(mutation?.state.error)),
    ]
    return () => {
      for (const stop of stops) stop()
    }
  })
}

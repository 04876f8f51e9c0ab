import type { ReactElement } from 'react'
import { useLiveState } from '../../data/live-state.ts'

/** Said while the server is away, and no louder than that. */
export function LiveNote(): ReactElement {
  const lost = useLiveState() === 'lost'
  return (
    <div className="live-note" role="status" data-lost={lost}>
      {lost && 'The server is restarting or cannot be reached. This page goes on by itself once it is back.'}
    </div>
  )
}

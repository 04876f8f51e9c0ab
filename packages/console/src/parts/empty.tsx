import type { ReactElement, ReactNode } from 'react'
import { useSession } from '../data/session.tsx'
import { Code } from './code.tsx'

interface EmptyProps {
  readonly title: string
  readonly children: ReactNode
  readonly action?: ReactNode
  /** The same on the command line. */
  readonly curl?: string
  /** What the command is for, where that is not plain. */
  readonly curlLabel?: string
}

/** Nothing is there yet: what it would be, and what to do next. */
export function Empty({
  title,
  children,
  action,
  curl,
  curlLabel = 'Or on the command line',
}: EmptyProps): ReactElement {
  // Whoever is in the portal has no key.
  const { portal } = useSession()
  return (
    <div className="empty">
      <h2>{title}</h2>
      <p>{children}</p>
      {action}
      {curl && !portal && <Code label={curlLabel} text={curl} />}
    </div>
  )
}

import type { ReactElement, ReactNode } from 'react'
import { Code } from './code.tsx'

interface EmptyProps {
  readonly title: string
  readonly children: ReactNode
  readonly action?: ReactNode
  /** The same on the command line. */
  readonly curl?: string
}

/** Nothing is there yet: what it would be, and what to do next. */
export function Empty({ title, children, action, curl }: EmptyProps): ReactElement {
  return (
    <div className="empty">
      <h2>{title}</h2>
      <p>{children}</p>
      {action}
      {curl && <Code label="Or on the command line" text={curl} />}
    </div>
  )
}

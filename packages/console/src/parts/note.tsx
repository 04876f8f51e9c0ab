import type { PosthornApiError } from 'posthorn/client'
import type { ReactElement, ReactNode } from 'react'
import { visible } from '../text/visible.ts'
import { Button } from './button.tsx'

interface NoteProps {
  readonly tone?: 'plain' | 'good' | 'warn' | 'bad'
  readonly title?: string
  readonly children?: ReactNode
}

export function Note({ tone = 'plain', title, children }: NoteProps): ReactElement {
  return (
    <div className="note" data-tone={tone} role={tone === 'bad' ? 'alert' : 'note'}>
      {title && <strong>{title}</strong>}
      {children}
    </div>
  )
}

interface ProblemProps {
  readonly error: PosthornApiError
  readonly retry?: () => void
}

/** What the API says is wrong, in its own words. */
export function Problem({ error, retry }: ProblemProps): ReactElement {
  // Where one thing alone is wrong, the sentence has it already.
  const saysMore = error.errors.filter(({ message }) => !error.detail.includes(message))
  return (
    <Note tone="bad">
      <span>{visible(error.detail)}</span>
      {saysMore.map(({ path, message }) => (
        <span key={path + message}>
          <code>{visible(path)}</code> {visible(message)}
        </span>
      ))}
      <span className="small muted">
        {error.code}
        {error.requestId && `, request ${error.requestId}`}
      </span>
      {retry && (
        <div className="note-actions">
          <Button size="small" onClick={retry}>
            Try again
          </Button>
        </div>
      )}
    </Note>
  )
}

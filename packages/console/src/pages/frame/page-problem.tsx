import { Link } from '@tanstack/react-router'
import type { PosthornApiError } from 'posthorn/client'
import type { ReactElement } from 'react'
import { useSession } from '../../data/session.tsx'
import { Problem } from '../../parts/note.tsx'
import { PageHead } from '../../parts/page.tsx'

interface PageProblemProps {
  readonly error: PosthornApiError
  readonly retry: () => void
}

const TITLES: Readonly<Record<number, readonly [title: string, what: string]>> = {
  403: [
    'You may not see this',
    'Your key has another scope. Sign in with one that may, or ask whoever gave it to you.',
  ],
  404: [
    'It is not there',
    'It may have been deleted, belong to another tenant, or its id was cut off when it was copied.',
  ],
}

/** In place of a page that cannot be shown: why, and where to go. */
export function PageProblem({ error, retry }: PageProblemProps): ReactElement {
  const { portal } = useSession()
  const [title, what] = TITLES[error.status] ?? ['This page cannot be shown now', '']
  return (
    <>
      <PageHead title={title} sub={what} />
      <div className="stack">
        <Problem error={error} {...(error.status in TITLES ? {} : { retry })} />
        {!portal && (
          <p>
            <Link to="/" className="button">
              To the overview
            </Link>
          </p>
        )}
      </div>
    </>
  )
}

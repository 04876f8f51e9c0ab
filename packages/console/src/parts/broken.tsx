import { PosthornApiError } from 'posthorn/client'
import { Component, type ReactElement, type ReactNode } from 'react'
import { visible } from '../text/visible.ts'
import { Button } from './button.tsx'
import { Note, Problem } from './note.tsx'

/** As Chromium, Firefox and Safari say it. */
const MISSING_FILE =
  /^(?:Failed to fetch dynamically imported module|error loading dynamically imported module|Importing a module script failed)/

function isMissingFile(error: unknown): boolean {
  return error instanceof TypeError && MISSING_FILE.test(error.message)
}

/** What is left of a page whose code failed. */
export function Broken({ error, retry }: { error: unknown; retry: () => void }): ReactElement {
  if (error instanceof PosthornApiError) return <Problem error={error} retry={retry} />
  if (isMissingFile(error))
    return (
      <Note tone="bad" title="A part of this page could not be loaded.">
        <span>The server may have been upgraded since this page was opened, or cannot be reached.</span>
        <div className="note-actions">
          <Button size="small" onClick={() => location.reload()}>
            Load the page anew
          </Button>
        </div>
      </Note>
    )
  return (
    <Note tone="bad" title="This page broke.">
      <span>{visible(error instanceof Error ? error.message : String(error))}</span>
      <div className="note-actions">
        <Button size="small" onClick={retry}>
          Show it anew
        </Button>
      </div>
    </Note>
  )
}

interface BoundaryState {
  readonly error: unknown
}

/** Catches what fails outside of any page. */
export class Boundary extends Component<{ children: ReactNode }, BoundaryState> {
  override state: BoundaryState = { error: null }

  static getDerivedStateFromError(error: unknown): BoundaryState {
    return { error }
  }

  override render(): ReactNode {
    if (this.state.error === null) return this.props.children
    return (
      <main className="center">
        <Broken error={this.state.error} retry={() => this.setState({ error: null })} />
      </main>
    )
  }
}

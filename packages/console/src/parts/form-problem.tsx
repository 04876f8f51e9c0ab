import type { PosthornApiError } from 'posthorn/client'
import { type ReactElement, useEffect, useRef } from 'react'
import { Note, Problem } from './note.tsx'

interface FormProblemProps {
  readonly error: PosthornApiError | null
  /** Fields of the form, by their names in the API: each says for itself what is wrong with it. */
  readonly fields: readonly string[]
  /** A field says it although the API names none. */
  readonly told?: boolean
  /** What did not happen. */
  readonly what?: string
}

/** Above a form that was refused. The first field that is wrong gets the focus. */
export function FormProblem({
  error,
  fields,
  told = false,
  what = 'It was not saved',
}: FormProblemProps): ReactElement | null {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (error === null) return
    const form = place.current?.closest('form')
    const fields = [...(form?.querySelectorAll<HTMLElement>('[aria-invalid="true"]') ?? [])]
    for (const field of fields) {
      // It may be among those that are folded away.
      const folded = field.closest('details')
      if (folded) folded.open = true
    }
    fields[0]?.focus()
  }, [error])
  if (error === null) return null
  const atFields = error.errors.length > 0 && error.errors.every(({ path }) => isOf(fields, path))
  return (
    <div ref={place}>
      {told || atFields ? (
        <Note tone="bad">{what}: see what is said at the fields.</Note>
      ) : (
        <Problem error={error} />
      )}
    </div>
  )
}

function isOf(fields: readonly string[], path: string): boolean {
  return fields.some((field) => path === `/${field}` || path.startsWith(`/${field}/`))
}

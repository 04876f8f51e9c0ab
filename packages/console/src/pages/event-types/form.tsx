import type { Body, PosthornApiError } from 'posthorn/client'
import { type FormEvent, type ReactElement, type ReactNode, useState } from 'react'
import { useMaySetUp } from '../../data/session.tsx'
import { Button } from '../../parts/button.tsx'
import { AreaField, errorAt, TextField } from '../../parts/field.tsx'
import { FormProblem } from '../../parts/form-problem.tsx'
import { Note } from '../../parts/note.tsx'

export interface TypeValues {
  readonly name: string
  readonly description: string
  readonly schema: string
  readonly example: string
}

interface TypeFormProps {
  readonly initial: TypeValues
  readonly there: boolean
  readonly error: PosthornApiError | null
  readonly busy: boolean
  readonly onInput: (input: Body<'createEventType'>) => void
  readonly cancel: ReactNode
}

type Flaws = Partial<Record<'schema' | 'example', string>>

export function EventTypeForm({ initial, there, error, busy, onInput, cancel }: TypeFormProps): ReactElement {
  const mayWrite = useMaySetUp()
  const [values, setValues] = useState(initial)
  const [flaws, setFlaws] = useState<Flaws>({})
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const schema = parsed(values.schema)
    const examples = parsed(values.example)
    const found: Flaws = {
      ...('flaw' in schema ? { schema: schema.flaw } : {}),
      ...('flaw' in examples ? { example: examples.flaw } : {}),
    }
    setFlaws(found)
    if ('flaw' in schema || 'flaw' in examples) return
    onInput({
      name: values.name,
      description: values.description,
      schema: (schema.value ?? null) as Record<string, unknown> | null,
      examples: examples.value === undefined ? [] : (examples.value as unknown[]),
    })
  }
  const field = (name: keyof TypeValues) => ({
    value: values[name],
    onValue: (value: string) => setValues((old) => ({ ...old, [name]: value })),
  })
  // Nothing leads here then; the address may have been typed.
  if (!mayWrite) return <Note>You may look here, not change.</Note>
  return (
    <form className="form" onSubmit={submit}>
      <FormProblem error={error} fields={['name', 'description', 'schema', 'examples']} />
      {!there && (
        <TextField
          label="Name"
          required
          mono
          placeholder="user.created"
          {...field('name')}
          error={errorAt(error, 'name')}
        />
      )}
      <AreaField
        label="Description"
        rows={2}
        {...field('description')}
        error={errorAt(error, 'description')}
      />
      <AreaField
        label="Schema"
        hint="JSON Schema 2020-12. Left empty: any data."
        mono
        rows={10}
        {...field('schema')}
        error={flaws.schema ?? errorAt(error, 'schema')}
      />
      <AreaField
        label="Examples"
        hint="A JSON list of data."
        mono
        rows={6}
        {...field('example')}
        error={flaws.example ?? errorAt(error, 'examples')}
      />
      <div className="form-end">
        <Button look="primary" type="submit" busy={busy}>
          {there ? 'Save' : 'Create event type'}
        </Button>
        {cancel}
      </div>
    </form>
  )
}

function parsed(text: string): { readonly value: unknown } | { readonly flaw: string } {
  if (text.trim() === '') return { value: undefined }
  try {
    return { value: JSON.parse(text) }
  } catch (error) {
    return { flaw: `This is not JSON: ${(error as Error).message}` }
  }
}

import type { PosthornApiError } from 'posthorn/client'
import { type FormEvent, type ReactElement, type ReactNode, useState } from 'react'
import { useMayWrite } from '../../data/session.tsx'
import { Button } from '../../parts/button.tsx'
import { AreaField, errorAt, TextField } from '../../parts/field.tsx'
import { FormProblem } from '../../parts/form-problem.tsx'
import { Note } from '../../parts/note.tsx'
import { type FormValues, inputOf } from './form-values.ts'
import { MoreFields } from './more-fields.tsx'

interface SubscriptionFormProps {
  readonly initial: FormValues
  readonly error: PosthornApiError | null
  readonly busy: boolean
  /** What the button says. */
  readonly act: string
  readonly onInput: (input: ReturnType<typeof inputOf>) => void
  readonly cancel: ReactNode
}

const FIELDS = [
  ...['name', 'url', 'events', 'source', 'description', 'headers', 'owner_email', 'timeout_ms'],
  ...['max_in_flight', 'rate_limit', 'retry', 'on_client_error', 'signature', 'format'],
]

/** What the API says of a field stands at the field. */
export function SubscriptionForm({
  initial,
  error,
  busy,
  act,
  onInput,
  cancel,
}: SubscriptionFormProps): ReactElement {
  const mayWrite = useMayWrite()
  const [values, setValues] = useState(initial)
  const [flaw, setFlaw] = useState<string | null>(null)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setFlaw(null)
    try {
      onInput(inputOf(values))
    } catch (thrown) {
      setFlaw((thrown as Error).message)
    }
  }
  const field = <N extends keyof FormValues>(name: N, place: string = name) => ({
    value: values[name],
    onValue: (value: string) => setValues((old) => ({ ...old, [name]: value })),
    error: errorAt(error, place),
  })
  const urlError =
    error?.code === 'url_refused' ? (errorAt(error, 'url') ?? error.detail) : errorAt(error, 'url')
  // Nothing leads here then; the address may have been typed.
  if (!mayWrite) return <Note>You may look here, not change.</Note>
  return (
    <form className="form" onSubmit={submit}>
      <FormProblem
        error={flaw === null ? error : null}
        fields={FIELDS}
        told={error?.code === 'url_refused'}
      />
      {flaw && <Note tone="bad">{flaw}</Note>}
      <TextField label="Name" required {...field('name')} placeholder="CRM" />
      <TextField
        label="URL"
        hint="Where events are sent by POST."
        required
        mono
        inputMode="url"
        placeholder="https://crm.example.com/webhooks"
        {...field('url')}
        error={urlError}
      />
      <AreaField
        label="Event types"
        hint={
          <>
            One a line: an exact type, a category such as <code>user.*</code>, or <code>*</code> for all.
          </>
        }
        required
        mono
        rows={3}
        placeholder={'user.*\ninvoice.paid'}
        {...field('events')}
      />
      <AreaField label="Description" rows={2} {...field('description')} />
      <TextField
        label="Owner’s e-mail"
        hint="Hears when nothing arrives any more, when it is disabled, and when it works again. Left empty: nobody."
        inputMode="email"
        placeholder="ops@example.com"
        {...field('owner_email')}
      />
      <MoreFields field={field} />
      <div className="form-end">
        <Button look="primary" type="submit" busy={busy}>
          {act}
        </Button>
        {cancel}
      </div>
    </form>
  )
}

import type { Body, PosthornApiError, Row } from 'posthorn/client'
import { type FormEvent, type ReactElement, type ReactNode, useState } from 'react'
import { useRows } from '../../data/queries.ts'
import { useMayWrite } from '../../data/session.tsx'
import { Button } from '../../parts/button.tsx'
import { AreaField, errorAt, SelectField, TextField } from '../../parts/field.tsx'
import { FormProblem } from '../../parts/form-problem.tsx'
import { Note } from '../../parts/note.tsx'
import { fromLines } from '../../text/lines.ts'
import { visible } from '../../text/visible.ts'

export interface SourceValues {
  readonly slug: string
  readonly provider: string
  readonly description: string
  readonly secrets: string
  readonly settings: Readonly<Record<string, string>>
  readonly public_url: string
  readonly allowed_ips: string
}

interface SourceFormProps {
  readonly initial: SourceValues
  /** It is there already: its slug stays, and no secrets given means that those it has stay. */
  readonly there: boolean
  readonly error: PosthornApiError | null
  readonly busy: boolean
  readonly onInput: (input: Body<'createSource'>) => void
  readonly cancel: ReactNode
}

const FIELDS = ['slug', 'provider', 'secrets', 'settings', 'public_url', 'description', 'allowed_ips']

export function SourceForm({ initial, there, error, busy, onInput, cancel }: SourceFormProps): ReactElement {
  const mayWrite = useMayWrite()
  const [values, setValues] = useState(initial)
  const { rows } = useRows('listProviders', {}, { every: false })
  const provider = rows.find(({ name }) => name === values.provider)
  const set = (some: Partial<SourceValues>) => setValues((old) => ({ ...old, ...some }))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onInput(inputOf(values, provider))
  }
  // Nothing leads here then; the address may have been typed.
  if (!mayWrite) return <Note>You may look here, not change.</Note>
  return (
    <form className="form" onSubmit={submit}>
      <FormProblem error={error} fields={FIELDS} />
      {!there && (
        <TextField
          label="Slug"
          hint="Small letters, digits, - and _. It becomes part of the address and never changes."
          required
          mono
          placeholder="github"
          value={values.slug}
          onValue={(slug) => set({ slug })}
          error={errorAt(error, 'slug')}
        />
      )}
      {(!there || initial.provider !== '') && (
        <SelectField
          label="Provider"
          value={values.provider}
          onValue={(name) => set({ provider: name })}
          choices={[['', 'Choose …'], ...rows.map(({ name, title }) => [name, title] as const)]}
          error={errorAt(error, 'provider')}
        />
      )}
      {provider?.keys_fetched !== true && (
        <AreaField
          label="Secrets"
          hint={
            <>
              One a line, the current one first. {provider && visible(provider.secret_hint)}
              {there && ' Left empty: those it has stay.'}
            </>
          }
          mono
          rows={2}
          autoComplete="off"
          value={values.secrets}
          onValue={(secrets) => set({ secrets })}
          error={errorAt(error, 'secrets')}
        />
      )}
      {provider && <ProviderFields {...{ provider, values, set, error }} />}
      <AreaField
        label="Description"
        rows={2}
        value={values.description}
        onValue={(description) => set({ description })}
        error={errorAt(error, 'description')}
      />
      <AreaField
        label="Allowed addresses"
        hint="Networks and addresses, one a line. Left empty: from everywhere."
        mono
        rows={2}
        value={values.allowed_ips}
        onValue={(allowed_ips) => set({ allowed_ips })}
        error={errorAt(error, 'allowed_ips')}
      />
      <div className="form-end">
        <Button look="primary" type="submit" busy={busy}>
          {there ? 'Save' : 'Create source'}
        </Button>
        {cancel}
      </div>
    </form>
  )
}

interface ProviderFieldsProps {
  readonly provider: Row<'listProviders'>
  readonly values: SourceValues
  readonly set: (some: Partial<SourceValues>) => void
  readonly error: PosthornApiError | null
}

/** What this provider needs to know besides secrets. */
function ProviderFields({ provider, values, set, error }: ProviderFieldsProps): ReactElement {
  return (
    <>
      {provider.settings.map(({ name, hint, required, many }) => (
        <TextField
          key={name}
          label={name}
          hint={visible(hint) + (many ? ' Several: separated by commas.' : '')}
          required={required}
          value={values.settings[name] ?? ''}
          onValue={(value) => set({ settings: { ...values.settings, [name]: value } })}
          error={errorAt(error, `settings/${name}`)}
        />
      ))}
      {provider.signs_url && (
        <TextField
          label="Public address"
          hint="As the provider calls it: it signs the address too."
          mono
          value={values.public_url}
          onValue={(public_url) => set({ public_url })}
          error={errorAt(error, 'public_url')}
        />
      )}
    </>
  )
}

function inputOf(values: SourceValues, provider: Row<'listProviders'> | undefined): Body<'createSource'> {
  const secrets = values.secrets.split('\n').filter((line) => line.trim() !== '')
  const settings = (provider?.settings ?? []).flatMap(({ name, many }) => {
    const text = values.settings[name] ?? ''
    if (text === '') return []
    return [[name, many ? fromLines(text) : text] as const]
  })
  return {
    slug: values.slug,
    ...(values.provider === '' ? {} : { provider: values.provider }),
    description: values.description,
    ...(secrets.length === 0 ? {} : { secrets }),
    ...(settings.length === 0 ? {} : { settings: Object.fromEntries(settings) }),
    ...(values.public_url === '' ? {} : { public_url: values.public_url }),
    allowed_ips: fromLines(values.allowed_ips),
  }
}

import type { PosthornApiError } from 'posthorn/client'
import { type ComponentProps, type ReactElement, type ReactNode, useId } from 'react'
import { visible } from '../text/visible.ts'

interface Described {
  readonly id: string
  readonly 'aria-invalid': boolean
  readonly 'aria-describedby': string | undefined
}

interface FieldProps {
  readonly label: string
  readonly hint?: ReactNode
  /** What is wrong with it. */
  readonly error?: string | undefined
  readonly children: (described: Described) => ReactNode
}

/** A control with its label, what it is for, and what is wrong with it. */
export function Field({ label, hint, error, children }: FieldProps): ReactElement {
  const id = useId()
  const said = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ')
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-invalid': error !== undefined, 'aria-describedby': said || undefined })}
      {error && (
        <div className="field-error" id={`${id}-error`}>
          {visible(error)}
        </div>
      )}
      {hint && (
        <div className="field-hint" id={`${id}-hint`}>
          {hint}
        </div>
      )}
    </div>
  )
}

type Shared = Pick<FieldProps, 'label' | 'hint' | 'error'> & {
  readonly value: string
  readonly onValue: (value: string) => void
}

export type TextFieldProps = Shared &
  Omit<ComponentProps<'input'>, 'value' | 'onChange' | 'className'> & { readonly mono?: boolean }

export function TextField({ label, hint, error, onValue, mono, ...rest }: TextFieldProps): ReactElement {
  return (
    <Field {...{ label, hint, error }}>
      {(described) => (
        <input
          {...rest}
          {...described}
          className="input"
          data-mono={mono}
          onChange={(event) => onValue(event.target.value)}
        />
      )}
    </Field>
  )
}

export type AreaFieldProps = Shared &
  Omit<ComponentProps<'textarea'>, 'value' | 'onChange' | 'className'> & { readonly mono?: boolean }

export function AreaField({ label, hint, error, onValue, mono, ...rest }: AreaFieldProps): ReactElement {
  return (
    <Field {...{ label, hint, error }}>
      {(described) => (
        <textarea
          {...rest}
          {...described}
          className="textarea"
          data-mono={mono}
          spellCheck={false}
          onChange={(event) => onValue(event.target.value)}
        />
      )}
    </Field>
  )
}

export type Choice = readonly [value: string, label: string]

export type SelectFieldProps = Shared & { readonly choices: readonly Choice[] }

export function SelectField({ label, hint, error, value, onValue, choices }: SelectFieldProps): ReactElement {
  return (
    <Field {...{ label, hint, error }}>
      {(described) => (
        <select
          {...described}
          className="select"
          value={value}
          onChange={(event) => onValue(event.target.value)}
        >
          {choices.map(([choice, text]) => (
            <option key={choice} value={choice}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}

/** What the API says of one field: of `url` what stands under `/url` and below. */
export function errorAt(error: PosthornApiError | null, field: string): string | undefined {
  const found = error?.errors.filter(({ path }) => path === `/${field}` || path.startsWith(`/${field}/`))
  if (found === undefined || found.length === 0) return undefined
  const text = found
    .map(({ path, message }) => `${placeBelow(path.slice(field.length + 2))} ${message}`.trim())
    .join('; ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** `1` is the second entry of a list; `headers/x-a` stands below in a word. */
function placeBelow(path: string): string {
  if (/^\d+$/.test(path)) return `Entry ${Number(path) + 1}`
  return path.replaceAll('/', ' ').replaceAll('~1', '/').replaceAll('~0', '~')
}

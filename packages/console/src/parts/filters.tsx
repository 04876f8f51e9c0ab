import { type ReactElement, useEffect, useState } from 'react'
import { after } from '../browser/clock.ts'
import { type Choice, SelectField, TextField } from './field.tsx'

const TYPING_MS = 300

type Values = { readonly [name: string]: string | undefined }

export type Filter =
  | { readonly name: string; readonly label: string; readonly choices: readonly Choice[] }
  | { readonly name: string; readonly label: string; readonly placeholder: string; readonly min?: number }

interface FiltersProps<V extends Values> {
  readonly filters: readonly Filter[]
  readonly values: V
  readonly onChange: (values: V) => void
}

export function Filters<V extends Values>({ filters, values, onChange }: FiltersProps<V>): ReactElement {
  const change = (name: string, value: string) => onChange({ ...values, [name]: value || undefined } as V)
  return (
    <search className="filters">
      {filters.map((filter) =>
        'choices' in filter ? (
          <SelectField
            key={filter.name}
            label={filter.label}
            value={values[filter.name] ?? ''}
            onValue={(value) => change(filter.name, value)}
            choices={filter.choices}
          />
        ) : (
          <Typed
            key={filter.name}
            label={filter.label}
            placeholder={filter.placeholder}
            min={filter.min ?? 1}
            value={values[filter.name] ?? ''}
            onValue={(value) => change(filter.name, value)}
          />
        ),
      )}
    </search>
  )
}

interface TypedProps {
  readonly label: string
  readonly placeholder: string
  /** Shorter texts are not asked for. */
  readonly min: number
  readonly value: string
  readonly onValue: (value: string) => void
}

/** Asks once the reader pauses. */
function Typed({ value, onValue, min, ...field }: TypedProps): ReactElement {
  const [text, setText] = useState(value)
  useEffect(() => setText(value), [value])
  useEffect(() => {
    if (text.trim() === value || (text.trim() !== '' && text.trim().length < min)) return
    return after(TYPING_MS, () => onValue(text.trim()))
  })
  return <TextField {...field} value={text} onValue={setText} data-search="true" mono />
}

export const SPAN_FILTER: Filter = {
  name: 'span',
  label: 'Time',
  choices: [
    ['', 'All'],
    ['1h', 'Last hour'],
    ['24h', 'Last 24 hours'],
    ['7d', 'Last 7 days'],
  ],
}

export const TEXT_FILTER: Filter = {
  name: 'text',
  label: 'Text in the data',
  placeholder: 'ada@example.org',
  min: 2,
}

export const TYPE_FILTER: Filter = { name: 'event_type', label: 'Event type', placeholder: 'user.*' }

export const STATE_FILTER: Filter = {
  name: 'state',
  label: 'State',
  choices: [
    ['', 'All'],
    ['pending', 'pending'],
    ['delivered', 'delivered'],
    ['dead', 'dead'],
    ['cancelled', 'cancelled'],
  ],
}

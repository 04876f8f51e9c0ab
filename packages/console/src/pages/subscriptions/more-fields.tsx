import type { ReactElement } from 'react'
import { AreaField, type Choice, SelectField, TextField } from '../../parts/field.tsx'
import { type FormValues, RETRY_PRESETS } from './form-values.ts'

interface FieldParts {
  readonly value: string
  readonly onValue: (value: string) => void
  readonly error: string | undefined
}

interface MoreFieldsProps {
  readonly field: (name: keyof FormValues, place?: string) => FieldParts
}

const SCHEMES: readonly Choice[] = [
  ['standard', 'Standard Webhooks, HMAC-SHA256'],
  ['standard-ed25519', 'Standard Webhooks, Ed25519 (asymmetric)'],
  ['timestamped', 'One header: t=…,v1=…'],
  ['prefixed', 'One header: sha256=…'],
  ['split', 'Time stamp and signature in two headers'],
  ['plain', 'One header: the bare signature'],
]

const FORMATS: readonly Choice[] = [
  ['standard', 'Standard Webhooks: type, timestamp, data'],
  ['envelope', 'Envelope: id, type, tenant, times, data'],
  ['event', 'Event: a flat envelope'],
  ['raw', 'Raw: the data alone'],
  ['received', 'As received: an inbound request unchanged'],
]

/** What most subscriptions leave as it is. */
export function MoreFields({ field }: MoreFieldsProps): ReactElement {
  const retry = field('retry')
  const preset = RETRY_PRESETS.some((name) => name === retry.value)
  return (
    <details className="more">
      <summary>Sources, headers, limits, signature</summary>
      <div className="form">
        <AreaField
          label="Sources"
          hint="Ids or slugs, one a line; * for all of them. Left empty: what is published over the API."
          mono
          rows={2}
          {...field('source')}
        />
        <AreaField
          label="Headers"
          hint="Name: value, one a line; sent with every attempt."
          mono
          rows={2}
          {...field('headers')}
        />
        <div className="field-row">
          <SelectField label="Signature" choices={SCHEMES} {...field('scheme', 'signature')} />
          <SelectField label="Body" choices={FORMATS} {...field('format')} />
        </div>
        <div className="field-row">
          <TextField label="Timeout, ms" type="number" min={1} {...field('timeout_ms')} />
          <TextField label="At most at once" type="number" min={1} {...field('max_in_flight')} />
        </div>
        <div className="field-row">
          <TextField
            label="Rate: deliveries"
            type="number"
            min={1}
            hint="Left empty: no limit."
            {...field('rate', 'rate_limit')}
          />
          <TextField
            label="in so many seconds"
            type="number"
            min={0.001}
            step="any"
            {...field('rateWindow', 'rate_limit/window_s')}
          />
        </div>
        <div className="field-row">
          <SelectField
            label="Retries"
            choices={[
              ['standard', 'Standard: 10 attempts over 75 hours'],
              ['fast', 'Fast: 6 attempts over 73 minutes'],
              ['patient', 'Patient: 6 attempts over 12 hours'],
              [preset ? '[60, 600]' : retry.value, 'A schedule of its own'],
            ]}
            {...retry}
          />
          <SelectField
            label="A 4xx answer"
            choices={[
              ['retry', 'is retried'],
              ['drop', 'ends the delivery'],
            ]}
            {...field('on_client_error')}
          />
        </div>
        {!preset && (
          <TextField label="Schedule" hint="Delays in seconds as JSON, such as [60, 600]." mono {...retry} />
        )}
      </div>
    </details>
  )
}

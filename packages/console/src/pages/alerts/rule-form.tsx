import type { PosthornApiError } from 'posthorn/client'
import { type FormEvent, type ReactElement, type ReactNode, useState } from 'react'
import { useMaySetUp } from '../../data/session.tsx'
import { Button } from '../../parts/button.tsx'
import { AreaField, errorAt, SelectField, TextField } from '../../parts/field.tsx'
import { FormProblem } from '../../parts/form-problem.tsx'
import { Note } from '../../parts/note.tsx'
import { ALERT_KINDS } from '../../text/alerts.ts'
import { RulePreview } from './rule-preview.tsx'
import { type RuleValues, ruleInput } from './rule-values.ts'
import { type Field, WhenFields } from './when-fields.tsx'

interface RuleFormProps {
  readonly initial: RuleValues
  /** Of a rule that is there: where its Slack-compatible URLs lead. */
  readonly slackHosts?: readonly string[]
  readonly error: PosthornApiError | null
  readonly busy: boolean
  readonly act: string
  readonly onInput: (input: ReturnType<typeof ruleInput>) => void
  readonly end: ReactNode
}

const FIELDS = [
  ...['name', 'emails', 'slack_urls', 'hold_s', 'clear_s', 'remind_s'],
  ...['kind', 'above', 'window_s', 'min_attempts', 'subscription_id', 'source_id'].map(
    (name) => `when/${name}`,
  ),
]

const KINDS = Object.entries(ALERT_KINDS)
  .filter(([kind]) => kind !== 'subscription_failing')
  .map(([kind, { name }]) => [kind, name] as const)

/** What the API says of a field stands at the field. */
export function RuleForm({
  initial,
  slackHosts = [],
  error,
  busy,
  act,
  onInput,
  end,
}: RuleFormProps): ReactElement {
  const mayWrite = useMaySetUp()
  const [values, setValues] = useState(initial)
  const set = (change: Partial<RuleValues>) => setValues((old) => ({ ...old, ...change }))
  const field: Field = (name, place = name) => ({
    value: values[name],
    onValue: (value) => set({ [name]: value }),
    error: errorAt(error, place),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onInput(ruleInput(values))
  }
  // Nothing leads here then; the address may have been typed.
  if (!mayWrite) return <Note>You may look here, not change.</Note>
  return (
    <form className="form" onSubmit={submit}>
      <FormProblem error={error} fields={FIELDS} />
      <TextField label="Name" required placeholder="Much fails" {...field('name')} />
      <SelectField label="Tell when" choices={KINDS} {...field('kind', 'when/kind')} />
      <WhenFields kind={values.kind} field={field} />
      <Channels {...{ values, set, field, slackHosts }} />
      <Timing field={field} />
      <label className="check">
        <input
          type="checkbox"
          checked={values.active}
          onChange={(event) => set({ active: event.target.checked })}
        />
        It is looked at. Switched off, what is open by it ends without a word.
      </label>
      <RulePreview values={values} slackHosts={slackHosts} />
      <div className="form-end">
        <Button look="primary" type="submit" busy={busy}>
          {act}
        </Button>
        {end}
      </div>
    </form>
  )
}

interface ChannelsProps {
  readonly values: RuleValues
  readonly set: (change: Partial<RuleValues>) => void
  readonly field: Field
  readonly slackHosts: readonly string[]
}

function Channels({ values, set, field, slackHosts }: ChannelsProps): ReactElement {
  return (
    <>
      <AreaField
        label="E-mail addresses"
        hint="One a line, at most 10. The server must know a mail server for it."
        mono
        rows={2}
        placeholder="ops@example.com"
        {...field('emails')}
      />
      <AreaField
        label="Slack-compatible URLs"
        hint={
          slackHosts.length === 0
            ? 'One a line, at most 5. They are sealed, and not shown again.'
            : `It has ${slackHosts.length}, at ${slackHosts.join(', ')}. Left empty they stay; what is typed here takes their place.`
        }
        mono
        rows={2}
        disabled={values.no_slack}
        placeholder="https://hooks.slack.com/services/…"
        {...field('slack_urls')}
      />
      {slackHosts.length > 0 && (
        <label className="check">
          <input
            type="checkbox"
            checked={values.no_slack}
            onChange={(event) => set({ no_slack: event.target.checked })}
          />
          Remove these URLs
        </label>
      )}
    </>
  )
}

function Timing({ field }: { field: Field }): ReactElement {
  return (
    <details className="more">
      <summary>How long it must last, and reminders</summary>
      <div className="form">
        <div className="field-row">
          <TextField
            label="It must last, s"
            type="number"
            min={0}
            hint="Before anybody is told. Left empty: 60, for what is disabled 0."
            {...field('hold_s')}
          />
          <TextField
            label="It must be over for, s"
            type="number"
            min={0}
            hint="Before it counts as over. Left empty: 120, for what is disabled 0."
            {...field('clear_s')}
          />
        </div>
        <TextField
          label="Remind each, s"
          type="number"
          min={300}
          hint="By e-mail and Slack, while it lasts. Left empty: never."
          {...field('remind_s')}
        />
      </div>
    </details>
  )
}

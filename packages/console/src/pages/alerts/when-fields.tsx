import type { ReactElement } from 'react'
import { useRows } from '../../data/queries.ts'
import { useSession } from '../../data/session.tsx'
import { type Choice, SelectField, TextField } from '../../parts/field.tsx'
import { ALERT_KINDS } from '../../text/alerts.ts'
import { excerpt } from '../../text/visible.ts'
import type { RuleValues } from './rule-values.ts'

type TextName = { [N in keyof RuleValues]: RuleValues[N] extends string ? N : never }[keyof RuleValues]

export type Field = (
  name: TextName,
  place?: string,
) => {
  readonly value: string
  readonly onValue: (value: string) => void
  readonly error: string | undefined
}

/** What the kind of the rule has. */
export function WhenFields({ kind, field }: { kind: string; field: Field }): ReactElement {
  const { everyTenant } = useSession()
  const has = ALERT_KINDS[kind]
  const Of = has?.of === 'source' ? OfSource : OfSubscription
  return (
    <>
      <div className="field-row">
        {has?.above != null && (
          <TextField label={has.above} type="number" min={0} step="any" {...field('above', 'when/above')} />
        )}
        {has?.window && (
          <TextField
            label="Within the last, s"
            type="number"
            min={60}
            {...field('window_s', 'when/window_s')}
          />
        )}
        {kind === 'failure_rate' && (
          <TextField
            label="Of attempts, at least"
            type="number"
            min={1}
            {...field('min_attempts', 'when/min_attempts')}
          />
        )}
      </div>
      {everyTenant ? <ById of={has?.of ?? 'subscription'} field={field} /> : <Of field={field} />}
    </>
  )
}

/** Of which tenant it is only the id says: there is no list of all of them to choose from. */
function ById({ of, field }: { of: 'subscription' | 'source'; field: Field }): ReactElement {
  return of === 'source' ? (
    <TextField label="Id of the source" mono {...field('source_id', 'when/source_id')} />
  ) : (
    <TextField
      label="Id of the subscription"
      mono
      hint="Left empty: all subscriptions of all tenants."
      {...field('subscription_id', 'when/subscription_id')}
    />
  )
}

function OfSubscription({ field }: { field: Field }): ReactElement {
  const { rows } = useRows('listSubscriptions', {}, { every: false })
  const named = field('subscription_id', 'when/subscription_id')
  const choices: Choice[] = [['', 'All'], ...rows.map((row): Choice => [row.id, excerpt(row.name, 80)])]
  return <SelectField label="Subscription" choices={withChosen(choices, named.value)} {...named} />
}

function OfSource({ field }: { field: Field }): ReactElement {
  const { rows } = useRows('listSources', {}, { every: false })
  const named = field('source_id', 'when/source_id')
  const choices: Choice[] = [['', 'Choose one'], ...rows.map(({ id, slug }): Choice => [id, slug])]
  return <SelectField label="Source" choices={withChosen(choices, named.value)} {...named} />
}

/** Also when it is not among those that are loaded, or was deleted. */
function withChosen(choices: readonly Choice[], value: string): readonly Choice[] {
  return choices.some(([choice]) => choice === value) ? choices : [...choices, [value, value]]
}

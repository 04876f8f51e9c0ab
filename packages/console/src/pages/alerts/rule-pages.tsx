import { Link, useNavigate, useParams } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { troubleOf, useAsk, useChange } from '../../data/queries.ts'
import { useMaySetUp, useSession } from '../../data/session.tsx'
import { ConfirmButton } from '../../parts/confirm-button.tsx'
import { PageHead } from '../../parts/page.tsx'
import { tell, tellProblem } from '../../parts/toasts.tsx'
import { whenText } from '../../text/alerts.ts'
import { visible } from '../../text/visible.ts'
import { PageProblem } from '../frame/page-problem.tsx'
import { RuleForm } from './rule-form.tsx'
import { NEW_RULE, type Rule, ruleValues } from './rule-values.ts'
import { useAlertPlaces } from './whose.ts'

function Crumb(): ReactElement {
  const { everyTenant } = useSession()
  const { rules } = useAlertPlaces()
  return <Link to={rules}>{everyTenant ? 'Alert rules of all tenants' : 'Alert rules'}</Link>
}

function Leave(): ReactElement {
  const { rules } = useAlertPlaces()
  return (
    <Link to={rules} className="button">
      Leave it
    </Link>
  )
}

/** Back to the rules, with a word on what was done. */
function useDone(words: string): () => void {
  const navigate = useNavigate()
  const { rules } = useAlertPlaces()
  return () => {
    tell(words)
    void navigate({ to: rules })
  }
}

export function NewAlertRulePage(): ReactElement {
  const { everyTenant } = useSession()
  const create = useChange('createAlertRule', useDone('Made. It is looked at from now on.'))
  return (
    <>
      <PageHead
        title={everyTenant ? 'New alert rule of the operator' : 'New alert rule'}
        crumb={<Crumb />}
        sub={everyTenant && 'It looks over all tenants, and none of them sees it.'}
      />
      <RuleForm
        initial={NEW_RULE}
        error={create.error}
        busy={create.isPending}
        act="Create rule"
        onInput={(body) => create.mutate({ body })}
        end={<Leave />}
      />
    </>
  )
}

export function AlertRulePage(): ReactElement {
  const params = useParams({ from: useAlertPlaces().rule })
  const found = useAsk('getAlertRule', { params })
  const mayWrite = useMaySetUp()
  const trouble = troubleOf(found)
  if (trouble) return <PageProblem error={trouble} retry={() => void found.refetch()} />
  if (found.data === undefined) return <p className="muted">Loading …</p>
  return (
    <>
      <PageHead
        title={visible(found.data.name)}
        crumb={<Crumb />}
        sub={`Tells when ${whenText(found.data.when)}.`}
        actions={mayWrite && <Remove rule={found.data} />}
      />
      {mayWrite && <Edit rule={found.data} />}
    </>
  )
}

function Edit({ rule }: { rule: Rule }): ReactElement {
  const update = useChange('updateAlertRule', useDone('Saved.'))
  return (
    <RuleForm
      initial={ruleValues(rule)}
      slackHosts={rule.slack_hosts}
      error={update.error}
      busy={update.isPending}
      act="Save"
      onInput={(body) => update.mutate({ params: { id: rule.id }, body })}
      end={<Leave />}
    />
  )
}

function Remove({ rule: { id, name } }: { rule: Rule }): ReactElement {
  const remove = useChange('deleteAlertRule', useDone('Deleted.'), { leaves: true })
  return (
    <ConfirmButton
      label="Delete"
      look="quiet"
      title={`Delete the rule “${visible(name)}”?`}
      act="Delete"
      onAct={() => remove.mutate({ params: { id } }, { onError: tellProblem })}
    >
      <p>What is open by it ends, and nobody is told.</p>
    </ConfirmButton>
  )
}

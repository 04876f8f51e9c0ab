import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { useAsk, useChange } from '../../data/queries.ts'
import { useMaySetUp } from '../../data/session.tsx'
import { ConfirmButton } from '../../parts/confirm-button.tsx'
import { Problem } from '../../parts/note.tsx'
import { PageHead } from '../../parts/page.tsx'
import { tell, tellProblem } from '../../parts/toasts.tsx'
import { whenText } from '../../text/alerts.ts'
import { visible } from '../../text/visible.ts'
import { RuleForm } from './rule-form.tsx'
import { NEW_RULE, type Rule, ruleValues } from './rule-values.ts'

const route = getRouteApi('/alerts/rules/$id')

const CRUMB = <Link to="/alerts/rules">Alert rules</Link>
const LEAVE = (
  <Link to="/alerts/rules" className="button">
    Leave it
  </Link>
)

export function NewAlertRulePage(): ReactElement {
  const navigate = useNavigate()
  const create = useChange('createAlertRule', () => {
    tell('Made. It is looked at from now on.')
    void navigate({ to: '/alerts/rules' })
  })
  return (
    <>
      <PageHead title="New alert rule" crumb={CRUMB} />
      <RuleForm
        initial={NEW_RULE}
        error={create.error}
        busy={create.isPending}
        act="Create rule"
        onInput={(body) => create.mutate({ body })}
        end={LEAVE}
      />
    </>
  )
}

export function AlertRulePage(): ReactElement {
  const params = route.useParams()
  const found = useAsk('getAlertRule', { params })
  const mayWrite = useMaySetUp()
  if (found.error) return <Problem error={found.error} retry={() => void found.refetch()} />
  if (found.data === undefined) return <p className="muted">Loading …</p>
  return (
    <>
      <PageHead
        title={visible(found.data.name)}
        crumb={CRUMB}
        sub={`Tells when ${whenText(found.data.when)}.`}
        actions={mayWrite && <Remove rule={found.data} />}
      />
      {mayWrite && <Edit rule={found.data} />}
    </>
  )
}

function Edit({ rule }: { rule: Rule }): ReactElement {
  const navigate = useNavigate()
  const update = useChange('updateAlertRule', () => {
    tell('Saved.')
    void navigate({ to: '/alerts/rules' })
  })
  return (
    <RuleForm
      initial={ruleValues(rule)}
      slackHosts={rule.slack_hosts}
      error={update.error}
      busy={update.isPending}
      act="Save"
      onInput={(body) => update.mutate({ params: { id: rule.id }, body })}
      end={LEAVE}
    />
  )
}

function Remove({ rule: { id, name } }: { rule: Rule }): ReactElement {
  const navigate = useNavigate()
  const gone = () => {
    tell('Deleted.')
    void navigate({ to: '/alerts/rules' })
  }
  const remove = useChange('deleteAlertRule', gone, { leaves: true })
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

import type { ReactElement } from 'react'
import { useSession } from '../../data/session.tsx'
import { titleTexts, whenText } from '../../text/alerts.ts'
import { fromLines } from '../../text/lines.ts'
import { plural } from '../../text/number.ts'
import { visible } from '../../text/visible.ts'
import { type RuleValues, whenOf } from './rule-values.ts'

interface RulePreviewProps {
  readonly values: RuleValues
  readonly slackHosts: readonly string[]
}

/** What it would say, and to whom, while it is written. */
export function RulePreview({ values, slackHosts }: RulePreviewProps): ReactElement {
  const when = whenOf(values)
  const [opened, closed] = titleTexts(visible(values.name), values.kind)
  const emails = fromLines(values.emails).length
  const typed = fromLines(values.slack_urls).length
  const urls = values.no_slack ? 0 : typed > 0 ? typed : slackHosts.length
  const { everyTenant } = useSession()
  const told = [
    ...(everyTenant ? [] : ['subscriptions to posthorn.alert.*']),
    ...(emails > 0 ? [plural(emails, 'e-mail address', 'e-mail addresses')] : []),
    ...(urls > 0 ? [plural(urls, 'Slack-compatible URL')] : []),
  ]
  return (
    <section className="card stack" aria-label="What it would say">
      <strong>What it would say</strong>
      <span className="foreign">
        When {whenText({ above: null, window_s: null, min_attempts: null, ...when })}: “{opened}”
      </span>
      <span className="foreign">When it is over: “{closed}”</span>
      <span className="small muted">
        {told.length === 0 ? 'To nobody: it only stands on this page.' : `To ${told.join(', ')}.`}
      </span>
    </section>
  )
}

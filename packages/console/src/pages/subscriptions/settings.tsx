import type { ReactElement } from 'react'
import { useNow } from '../../browser/clock.ts'
import { Instant } from '../../parts/instant.tsx'
import { Facts, Section } from '../../parts/page.tsx'
import { headerLines } from '../../text/lines.ts'
import { spanText } from '../../text/time.ts'
import { visible } from '../../text/visible.ts'
import type { Subscription } from './form-values.ts'

export function Settings({ of }: { of: Subscription }): ReactElement {
  const { rate_limit, retry, signature, headers } = of
  return (
    <Section title="Settings">
      <div className="card">
        <Facts
          of={[
            [
              'Id',
              <span className="mono" key="id">
                {of.id}
              </span>,
            ],
            ['Description', visible(of.description)],
            ['Owner', of.owner_email && visible(of.owner_email)],
            [
              'Takes',
              <div className="chips" key="takes">
                {of.events.map((type) => (
                  <span className="chip" key={type}>
                    {visible(type)}
                  </span>
                ))}
              </div>,
            ],
            ['From', of.source === null ? 'what is published over the API' : visible(of.source.join(', '))],
            ['Retries', retryText(retry)],
            ['A 4xx answer', of.on_client_error === 'retry' ? 'is retried' : 'ends the delivery'],
            ['Timeout', spanText(of.timeout_ms)],
            ['At most at once', String(of.max_in_flight)],
            ['Rate limit', rate_limit && `${rate_limit.limit} in ${spanText(rate_limit.window_s * 1000)}`],
            ['Signature', `${signature.scheme}, headers ${visible(signature.header_prefix)}-…`],
            ['Body', of.format],
            [
              'Headers',
              Object.keys(headers).length > 0 && <pre key="headers">{visible(headerLines(headers))}</pre>,
            ],
            ['Secrets', <Secrets key="secrets" of={of.secrets} />],
            ['Created', <Instant key="created" at={of.created_at} full />],
            ['Changed', <Instant key="changed" at={of.updated_at} full />],
          ]}
        />
      </div>
    </Section>
  )
}

function retryText(retry: Subscription['retry']): string {
  if (typeof retry === 'string') return `the schedule “${retry}”`
  if (!Array.isArray(retry)) return JSON.stringify(retry)
  return retry.length === 0 ? 'none: one attempt' : `after ${retry.map((s) => spanText(s * 1000)).join(', ')}`
}

/** When each was made; the overlap of a rotation counts down. */
function Secrets({ of }: { of: Subscription['secrets'] }): ReactElement {
  const now = useNow()
  return (
    <ul>
      {of.map(({ created_at, expires_at }) => (
        <li key={created_at}>
          {expires_at === null ? 'current, ' : ''}made <Instant at={created_at} turns />
          {expires_at !== null && (
            <>
              ,{' '}
              <strong>
                {Date.parse(expires_at) > now
                  ? `goes on signing for ${spanText(Date.parse(expires_at) - now)}`
                  : 'over'}
              </strong>
            </>
          )}
        </li>
      ))}
    </ul>
  )
}

import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import type { Result } from 'posthorn/client'
import type { ReactElement } from 'react'
import { troubleOf, useAsk, useChange } from '../../data/queries.ts'
import { useMayWrite } from '../../data/session.tsx'
import { Badge } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { Code } from '../../parts/code.tsx'
import { ConfirmButton } from '../../parts/confirm-button.tsx'
import { Instant } from '../../parts/instant.tsx'
import { Note } from '../../parts/note.tsx'
import { Facts, PageHead, Section } from '../../parts/page.tsx'
import { tell, tellProblem } from '../../parts/toasts.tsx'
import { bytesText } from '../../text/number.ts'
import { spanText } from '../../text/time.ts'
import { visible } from '../../text/visible.ts'
import { PageProblem } from '../frame/page-problem.tsx'
import { Requests } from './requests.tsx'

const route = getRouteApi('/sources/$id')

type Source = Result<'getSource'>

export function SourcePage(): ReactElement {
  const params = route.useParams()
  const found = useAsk('getSource', { params })
  const source = found.data
  const trouble = troubleOf(found)
  if (trouble) return <PageProblem error={trouble} retry={() => void found.refetch()} />
  if (source === undefined) return <p className="muted">Loading …</p>
  return (
    <>
      <PageHead
        title={source.slug}
        crumb={<Link to="/sources">Sources</Link>}
        heading={
          <>
            {source.slug}{' '}
            <Badge tone={source.active ? 'good' : 'idle'}>{source.active ? 'active' : 'paused'}</Badge>
          </>
        }
        sub={visible(source.description)}
        actions={<Actions source={source} />}
      />
      <div className="stack">
        {source.let_through.length > 0 && (
          <Note tone="warn" title="Redeliveries are let through.">
            What the provider sends again is delivered again until{' '}
            <Instant at={source.let_through[0]?.until ?? ''} full />
          </Note>
        )}
        <Code label="Ingest address: enter it on the provider’s page" text={source.ingest_url} />
      </div>
      <Requests sourceId={params.id} ingestUrl={source.ingest_url} />
      <Settings of={source} />
    </>
  )
}

function Actions({ source }: { source: Source }): ReactElement | null {
  const params = { id: source.slug }
  const navigate = useNavigate()
  const update = useChange('updateSource', () => tell('Saved.'))
  const pass = useChange('letThrough', () => tell('For ten minutes, what is sent again is delivered again.'))
  const remove = useChange('deleteSource', () => void navigate({ to: '/sources' }), { leaves: true })
  if (!useMayWrite()) return null
  const { active } = source
  return (
    <>
      <Button
        onClick={() => pass.mutate({ params, body: {} }, { onError: tellProblem })}
        busy={pass.isPending}
      >
        Let a redelivery through
      </Button>
      <Button
        icon={active ? 'pause' : 'play'}
        busy={update.isPending}
        onClick={() => update.mutate({ params, body: { active: !active } }, { onError: tellProblem })}
      >
        {active ? 'Pause' : 'Resume'}
      </Button>
      <Link to="/sources/$id/edit" params={params} className="button">
        Edit
      </Link>
      <ConfirmButton
        label="Delete"
        look="quiet"
        title={`Delete the source “${source.slug}”?`}
        act="Delete"
        onAct={() => remove.mutate({ params }, { onError: tellProblem })}
      >
        <p>Its requests are answered 404 from then on. What it brought stays.</p>
      </ConfirmButton>
    </>
  )
}

function Settings({ of }: { of: Source }): ReactElement {
  const { rate_limit, scheme, settings } = of
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
            ['Provider', of.provider && visible(of.provider)],
            ['Scheme', scheme && <pre key="scheme">{visible(JSON.stringify(scheme, null, 2))}</pre>],
            ['Settings', Object.keys(settings).length > 0 && visible(JSON.stringify(settings))],
            [
              'Secrets',
              of.secrets.length === 0 ? (
                'none'
              ) : (
                <ul key="secrets">
                  {of.secrets.map(({ created_at, last_used_at }, index) => (
                    <li key={created_at + String(index)}>
                      {index === 0 ? 'current' : 'rotated out'}, given <Instant at={created_at} turns />,{' '}
                      {last_used_at === null ? (
                        'not used yet'
                      ) : (
                        <>
                          last used <Instant at={last_used_at} turns />
                        </>
                      )}
                    </li>
                  ))}
                </ul>
              ),
            ],
            ['Allowed addresses', of.allowed_ips.length === 0 ? 'all' : visible(of.allowed_ips.join(', '))],
            ['Rate limit', rate_limit && `${rate_limit.limit} in ${spanText(rate_limit.window_s * 1000)}`],
            ['Largest body', bytesText(of.body_limit_bytes)],
            ['Remembers ids for', spanText(of.dedupe_s * 1000)],
            ['Created', <Instant key="created" at={of.created_at} full />],
            ['Changed', <Instant key="changed" at={of.updated_at} full />],
          ]}
        />
      </div>
    </Section>
  )
}

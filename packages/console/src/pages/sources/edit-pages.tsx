import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { troubleOf, useAsk, useChange } from '../../data/queries.ts'
import { PageHead } from '../../parts/page.tsx'
import { tell } from '../../parts/toasts.tsx'
import { toLines } from '../../text/lines.ts'
import { PageProblem } from '../frame/page-problem.tsx'
import { SourceForm, type SourceValues } from './form.tsx'

const EMPTY: SourceValues = {
  ...{ slug: '', provider: '', description: '', secrets: '' },
  ...{ settings: {}, public_url: '', allowed_ips: '' },
}

export function NewSourcePage(): ReactElement {
  const navigate = useNavigate()
  const create = useChange('createSource', ({ slug }) => {
    tell('Created. Enter its ingest address on the provider’s page.')
    void navigate({ to: '/sources/$id', params: { id: slug } })
  })
  return (
    <>
      <PageHead title="New source" crumb={<Link to="/sources">Sources</Link>} />
      <SourceForm
        initial={EMPTY}
        there={false}
        error={create.error}
        busy={create.isPending}
        onInput={(body) => create.mutate({ body })}
        cancel={
          <Link to="/sources" className="button">
            Leave it
          </Link>
        }
      />
    </>
  )
}

const route = getRouteApi('/sources/$id/edit')

export function EditSourcePage(): ReactElement {
  const params = route.useParams()
  const navigate = useNavigate()
  const found = useAsk('getSource', { params })
  const update = useChange('updateSource', () => {
    tell('Saved.')
    void navigate({ to: '/sources/$id', params })
  })
  const trouble = troubleOf(found)
  if (trouble) return <PageProblem error={trouble} retry={() => void found.refetch()} />
  if (found.data === undefined) return <p className="muted">Loading …</p>
  const { slug, provider, description, settings, public_url, allowed_ips } = found.data
  const initial: SourceValues = {
    slug,
    provider: provider ?? '',
    description,
    secrets: '',
    settings: Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)])),
    public_url: public_url ?? '',
    allowed_ips: toLines(allowed_ips),
  }
  return (
    <>
      <PageHead
        title={`Edit ${slug}`}
        crumb={
          <Link to="/sources/$id" params={params}>
            {slug}
          </Link>
        }
      />
      <SourceForm
        initial={initial}
        there
        error={update.error}
        busy={update.isPending}
        onInput={({ slug: _, ...body }) => update.mutate({ params, body })}
        cancel={
          <Link to="/sources/$id" params={params} className="button">
            Leave it
          </Link>
        }
      />
    </>
  )
}

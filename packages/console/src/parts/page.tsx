import { createContext, type ReactElement, type ReactNode, use, useEffect } from 'react'

/** Whose pages these are, for the title of the tab. */
export const Owner = createContext('Posthorn')

interface PageHeadProps {
  readonly title: string
  /** In place of the title where it has more than text. */
  readonly heading?: ReactNode
  readonly crumb?: ReactNode
  readonly sub?: ReactNode
  /** The one clear thing to do comes first. */
  readonly actions?: ReactNode
}

export function PageHead({ title, heading, crumb, sub, actions }: PageHeadProps): ReactElement {
  const owner = use(Owner)
  useEffect(() => {
    document.title = `${title} · ${owner}`
  }, [title, owner])
  return (
    <header className="page-head">
      <div className="page-title">
        {crumb && <div className="crumb">{crumb}</div>}
        <h1 className="foreign">{heading ?? title}</h1>
        {sub && <div className="muted foreign">{sub}</div>}
      </div>
      {actions && <div className="page-actions">{actions}</div>}
    </header>
  )
}

interface SectionProps {
  readonly title: string
  readonly end?: ReactNode
  readonly children: ReactNode
}

export function Section({ title, end, children }: SectionProps): ReactElement {
  return (
    <section className="section" aria-label={title}>
      <div className="section-head">
        <h2>{title}</h2>
        {end}
      </div>
      {children}
    </section>
  )
}

/** What is known of one thing, a name and a value each. A value of null is left out. */
export function Facts({
  of,
}: {
  of: ReadonlyArray<readonly [name: string, value: ReactNode]>
}): ReactElement {
  return (
    <dl className="facts">
      {of
        .filter(([, value]) => value !== null && value !== '' && value !== false)
        .map(([name, value]) => [
          <dt key={`${name}-name`}>{name}</dt>,
          <dd key={name} className="foreign">
            {value}
          </dd>,
        ])}
    </dl>
  )
}

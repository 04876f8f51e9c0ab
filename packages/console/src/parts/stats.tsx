import type { ReactElement, ReactNode } from 'react'

export interface Stat {
  readonly name: string
  readonly value: ReactNode
  readonly tone?: 'bad' | 'warn' | undefined
}

export function Stats({ of }: { of: readonly Stat[] }): ReactElement {
  return (
    <dl className="stats">
      {of.map(({ name, value, tone }) => (
        <div className="stat" key={name}>
          <dt>{name}</dt>
          <dd data-tone={tone}>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

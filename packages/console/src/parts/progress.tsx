import type { ReactElement } from 'react'

interface ProgressProps {
  readonly label: string
  /** How much there is to do; null: nobody knows. */
  readonly of: number | null
  readonly done: number
}

export function Progress({ label, of, done }: ProgressProps): ReactElement {
  if (of === null)
    return (
      <div className="bar" role="progressbar" aria-label={label} data-running="true">
        <div />
      </div>
    )
  const percent = of === 0 ? 100 : Math.min(100, Math.floor((done / of) * 100))
  return (
    <div
      className="bar"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
    >
      <div style={{ width: `${percent}%` }} />
    </div>
  )
}

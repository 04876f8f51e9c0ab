/** Lines over time. What the picture shows is also there as words and as a table. */
import { lazy, type ReactElement, Suspense } from 'react'
import { clockText } from '../text/time.ts'
import type { PictureProps } from './picture.tsx'

/** The library that draws is not waited for: words and table are there before, and stay should it not come. */
const Picture = lazy(() =>
  import('./picture.tsx').then(
    (loaded) => ({ default: loaded.Picture }),
    () => ({ default: NoPicture }),
  ),
)

function NoPicture(): ReactElement {
  return <p className="small muted">The picture could not be loaded. Load the page anew to see it.</p>
}

interface ChartProps extends PictureProps {
  readonly title: string
  /** Of what is counted: `each minute`. */
  readonly unit: string
  /** What a reader who does not see the picture has to know. */
  readonly words: string
  /** Said in place of the picture: there is nothing to draw. */
  readonly nothing?: string | null
}

export function Chart({
  title,
  unit,
  words,
  nothing = null,
  times,
  lines,
  valueText,
}: ChartProps): ReactElement {
  return (
    <figure className="card chart">
      <figcaption className="chart-head">
        <strong>{title}</strong>
        {unit !== '' && <span className="small muted">{unit}</span>}
        {(lines.length > 1 ? lines : []).map(({ name, tone }) => (
          <span className="chart-name" data-tone={tone} key={name}>
            {name}
          </span>
        ))}
      </figcaption>
      <p className="small muted">{words}</p>
      {nothing === null ? (
        <Suspense fallback={<div className="chart-place" />}>
          <Picture {...{ times, lines, valueText }} />
        </Suspense>
      ) : (
        <div className="chart-place chart-nothing">{nothing}</div>
      )}
      <details className="small">
        <summary>As a table</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
        <section className="chart-table" aria-label={`${title}, as a table`} tabIndex={0}>
          <Table {...{ title, times, lines, valueText }} />
        </section>
      </details>
    </figure>
  )
}

function Table({
  title,
  times,
  lines,
  valueText,
}: Omit<ChartProps, 'unit' | 'words' | 'nothing'>): ReactElement {
  return (
    <table>
      <caption className="out-of-sight">{title}</caption>
      <thead>
        <tr>
          <th scope="col">From</th>
          {lines.map(({ name }) => (
            <th scope="col" key={name}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {times.map((at, index) => (
          <tr key={at}>
            <th scope="row">{clockText(at)}</th>
            {lines.map(({ name, values }) => (
              <td key={name}>{textOf(values[index], valueText)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function textOf(value: number | null | undefined, valueText: (value: number) => string): string {
  return value == null ? '–' : valueText(value)
}

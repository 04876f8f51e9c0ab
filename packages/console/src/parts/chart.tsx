/** Lines over time. What the picture shows is also there as words and as a table. */
import { type ReactElement, useEffect, useRef } from 'react'
import UPlot from 'uplot'

const HEIGHT_PX = 140
const SPARSE = 20
const TIME = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })

export interface Line {
  readonly name: string
  readonly tone: 'accent' | 'good' | 'bad' | 'warn'
  /** null: nothing was measured. */
  readonly values: ReadonlyArray<number | null>
}

interface ChartProps {
  readonly title: string
  /** What a reader who does not see the picture has to know. */
  readonly words: string
  /** Epoch ms, rising. */
  readonly times: readonly number[]
  readonly lines: readonly Line[]
  readonly valueText: (value: number) => string
}

export function Chart({ title, words, times, lines, valueText }: ChartProps): ReactElement {
  return (
    <figure className="card chart">
      <figcaption className="chart-head">
        <strong>{title}</strong>
        {lines.map(({ name, tone }) => (
          <span className="chart-name" data-tone={tone} key={name}>
            {name}
          </span>
        ))}
      </figcaption>
      <p className="small muted">{words}</p>
      <Picture {...{ times, lines, valueText }} />
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

function Table({ title, times, lines, valueText }: Omit<ChartProps, 'words'>): ReactElement {
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
            <th scope="row">{TIME.format(at)}</th>
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

type PictureProps = Pick<ChartProps, 'times' | 'lines' | 'valueText'>

function Picture({ times, lines, valueText }: PictureProps): ReactElement {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<UPlot | null>(null)
  const tones = lines.map(({ tone }) => tone).join(' ')
  const data = [times.map((at) => at / 1000), ...lines.map(({ values }) => [...values])] as UPlot.AlignedData
  const latest = useRef({ data, valueText })
  latest.current = { data, valueText }
  useEffect(() => {
    const at = place.current
    if (at === null) return
    const made = new UPlot(
      optionsOf(at, tones.split(' '), (value) => latest.current.valueText(value)),
      latest.current.data,
      at,
    )
    plot.current = made
    const unsized = watchWidth(at, (width) => made.setSize({ width, height: HEIGHT_PX }))
    const unthemed = watchTheme(() => made.redraw(false))
    return () => {
      unsized()
      unthemed()
      made.destroy()
      plot.current = null
    }
  }, [tones])
  useEffect(() => {
    plot.current?.setData(data)
  })
  return <div className="chart-place" ref={place} aria-hidden="true" />
}

function optionsOf(
  place: HTMLElement,
  tones: readonly string[],
  valueText: (value: number) => string,
): UPlot.Options {
  // Asked for at each drawing, so that it is that of the theme.
  const colour = (tone: string) => () => colourOf(place, tone)
  const axis = { stroke: colour('muted'), font: '11px system-ui, sans-serif', ticks: { show: false } }
  return {
    width: place.clientWidth,
    height: HEIGHT_PX,
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_, __, max) => [0, Math.max(1, max * 1.1)] } },
    axes: [
      {
        ...axis,
        grid: { show: false },
        space: 70,
        size: 26,
        values: (_, ticks) => ticks.map((s) => TIME.format(s * 1000)),
      },
      {
        ...axis,
        size: 58,
        space: 34,
        grid: { stroke: colour('line'), width: 1 },
        values: (_, ticks) => ticks.map((tick) => valueText(tick)),
      },
    ],
    series: [
      {},
      ...tones.map((tone) => ({
        stroke: colour(tone),
        width: 2,
        points: { size: 5, show: isSparse },
      })),
    ],
  }
}

/** A value without neighbours is no line, and would not be seen. */
function isSparse(plot: UPlot, line: number): boolean {
  const measured = [...(plot.data[line] ?? [])].filter((value) => value !== null)
  return measured.length <= SPARSE
}

/** A canvas knows no custom properties: what they come to is read from an element that has them. */
function colourOf(place: HTMLElement, tone: string): string {
  place.dataset.probe = tone
  const { color } = getComputedStyle(place)
  delete place.dataset.probe
  return color
}

function watchWidth(place: HTMLElement, changed: (width: number) => void): () => void {
  const observer = new ResizeObserver(() => place.clientWidth > 0 && changed(place.clientWidth))
  observer.observe(place)
  return () => observer.disconnect()
}

function watchTheme(changed: () => void): () => void {
  const chosen = new MutationObserver(changed)
  chosen.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })
  const system = matchMedia('(prefers-color-scheme: dark)')
  system.addEventListener('change', changed)
  return () => {
    chosen.disconnect()
    system.removeEventListener('change', changed)
  }
}

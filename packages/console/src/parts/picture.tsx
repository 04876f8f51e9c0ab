/** The lines of a chart, drawn. */
import { type ReactElement, useEffect, useRef } from 'react'
import UPlot from 'uplot'
import { clockText } from '../text/time.ts'

const HEIGHT_PX = 140
const SPARSE = 20

export interface Line {
  readonly name: string
  readonly tone: 'accent' | 'good' | 'bad' | 'warn'
  /** null: nothing was measured. */
  readonly values: ReadonlyArray<number | null>
}

export interface PictureProps {
  /** Epoch ms, rising. */
  readonly times: readonly number[]
  readonly lines: readonly Line[]
  readonly valueText: (value: number) => string
}

export function Picture({ times, lines, valueText }: PictureProps): ReactElement {
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
    // The axes have the room that they need; the lines end where the card's text does.
    padding: [10, 18, 0, 0],
    scales: { y: { range: (_, __, max) => [0, Math.max(1, max * 1.1)] } },
    axes: [
      {
        ...axis,
        grid: { show: false },
        space: 70,
        size: 26,
        values: (_, ticks) => ticks.map((s) => clockText(s * 1000)),
      },
      {
        ...axis,
        size: (_, ticks) => axisPx(ticks),
        space: 26,
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

/** Room for the widest value, at 11 px a little under 7 px a character. */
function axisPx(ticks: readonly string[] | null): number {
  return 14 + Math.max(0, ...(ticks ?? []).map((text) => text.length)) * 7
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

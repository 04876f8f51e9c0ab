/** Medians and tables. One machine's single run says little; ratios of interleaved runs say more. */

export function median(values: readonly number[]): number {
  return percentile(values, 0.5)
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export interface Row {
  readonly what: string
  readonly figure: string
  /** The same without the part that is measured, in the same run. */
  readonly ceiling: string
  readonly ratio: string
  readonly goal: string
  readonly met: boolean
}

export function table(rows: readonly Row[]): string {
  const head = ['measure', 'figure', 'ceiling in the same run', 'ratio', 'goal', 'met']
  const cells = rows.map(({ what, figure, ceiling, ratio, goal, met }) => [
    what,
    figure,
    ceiling,
    ratio,
    goal,
    met ? 'yes' : 'NO',
  ])
  const widths = head.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => (row[column] ?? '').length)),
  )
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...cells.map(line)].join(
    '\n',
  )
}

export function perSecond(count: number, ms: number): number {
  return (count * 1000) / ms
}

export function whole(value: number): string {
  return Math.round(value).toLocaleString('en')
}

export function fixed(value: number, digits = 2): string {
  return value.toFixed(digits)
}

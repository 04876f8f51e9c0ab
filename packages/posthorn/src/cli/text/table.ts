import { clip, oneLine, pad, widthOf } from './width.ts'

export interface Column<Row> {
  readonly title: string
  readonly value: (row: Row) => string
  /** Numbers stand on the right. */
  readonly right?: boolean
  /** The whole cell, when it is found out which colour it has. */
  readonly paint?: (cell: string, row: Row) => string
  /** May be cut to this many columns when the terminal is too narrow; without it the column keeps its width. */
  readonly least?: number
}

const GAP = '  '

export interface TableOptions {
  /** Columns of the terminal; null: never cut. */
  readonly width: number | null
  readonly heading?: (text: string) => string
}

/** Rows as lines of aligned columns, page by page, the titles first. Columns only grow from page to page. */
export class Table<Row> {
  readonly #columns: ReadonlyArray<Column<Row>>
  readonly #options: TableOptions
  #widths: readonly number[]
  #begun = false

  constructor(columns: ReadonlyArray<Column<Row>>, options: TableOptions) {
    this.#columns = columns
    this.#options = options
    this.#widths = columns.map(({ title }) => widthOf(title))
  }

  lines(rows: readonly Row[]): string[] {
    const cells = rows.map((row) => this.#columns.map((column) => oneLine(column.value(row))))
    this.#widths = this.#widths.map((known, index) =>
      Math.max(known, ...cells.map((row) => widthOf(row[index] ?? ''))),
    )
    const { width, heading = (text) => text } = this.#options
    const widths = width === null ? this.#widths : fitted(this.#columns, this.#widths, width)
    const titles = this.#begun ? [] : [this.#columns.map(({ title }) => title.toUpperCase())]
    this.#begun = true
    return [
      ...titles.map((texts) => this.#line(texts, widths, heading)),
      ...rows.map((row, at) =>
        this.#line(
          cells[at] ?? [],
          widths,
          (cell, index) => this.#columns[index]?.paint?.(cell, row) ?? cell,
        ),
      ),
    ]
  }

  #line(
    texts: readonly string[],
    widths: readonly number[],
    paint: (cell: string, index: number) => string,
  ): string {
    const cells = texts.map((text, index) => {
      const width = widths[index] ?? 0
      const cell = clip(text, width)
      const blanks = ' '.repeat(Math.max(0, width - widthOf(cell)))
      if (this.#columns[index]?.right) return blanks + paint(cell, index)
      return index === texts.length - 1 ? paint(cell, index) : paint(cell, index) + blanks
    })
    return cells.join(GAP).trimEnd()
  }
}

/** Takes from the widest column that may be cut, one step after another, until it fits or nothing more can be cut. */
function fitted<Row>(
  columns: ReadonlyArray<Column<Row>>,
  natural: readonly number[],
  width: number,
): number[] {
  const widths = [...natural]
  let over = widths.reduce((sum, one) => sum + one, 0) + GAP.length * (widths.length - 1) - width
  while (over > 0) {
    const room = widths.map((one, index) => one - (columns[index]?.least ?? one))
    const widest = room.indexOf(Math.max(...room))
    if ((room[widest] ?? 0) <= 0) return widths
    const cut = Math.min(over, Math.max(1, Math.floor((room[widest] ?? 0) / 2)))
    widths[widest] = (widths[widest] ?? 0) - cut
    over -= cut
  }
  return widths
}

/** Names and values of one thing, one a line. */
export function fieldLines(
  fields: ReadonlyArray<readonly [name: string, value: string]>,
  heading: (text: string) => string = (text) => text,
): string[] {
  const width = Math.max(0, ...fields.map(([name]) => widthOf(name)))
  return fields.map(([name, value]) => `${heading(pad(name, width))}${GAP}${oneLine(value)}`.trimEnd())
}

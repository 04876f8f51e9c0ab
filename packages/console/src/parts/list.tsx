// biome-ignore-all lint/a11y/useSemanticElements: rows of a <table> cannot be placed one by one
// biome-ignore-all lint/a11y/useFocusableInteractive: it is a table, not a grid: its links take the focus
/** A list of any length: only what is seen is in the page. It scrolls with the window. */
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { type CSSProperties, type ReactElement, type ReactNode, useEffect, useRef } from 'react'
import type { Rows } from '../data/queries.ts'
import { Problem } from './note.tsx'

const ROW_PX = 56

export interface Column<R> {
  readonly head: string
  /** The head is for those only who do not see the column. */
  readonly headUnseen?: boolean
  /** A track of a CSS grid. */
  readonly width: string
  readonly cell: (row: R) => ReactNode
  /** Left out on narrow screens. */
  readonly wide?: boolean
  /** Aligned to the end, for numbers. */
  readonly end?: boolean
}

interface ListProps<R> {
  readonly label: string
  readonly rows: Rows<R>
  readonly columns: readonly Column<R>[]
  readonly rowKey: (row: R) => string
  /** Shown when there is nothing. */
  readonly empty: ReactNode
}

export function List<R>({ label, rows, columns, rowKey, empty }: ListProps<R>): ReactElement {
  if (rows.pending && rows.error === null) return <div className="list-end">Loading …</div>
  return (
    <div className="stack">
      {rows.error && <Problem error={rows.error} retry={rows.reload} />}
      {rows.rows.length > 0 && <Table {...{ label, rows, columns, rowKey }} />}
      {rows.rows.length === 0 && rows.error === null && empty}
    </div>
  )
}

function Table<R>({ label, rows, columns, rowKey }: Omit<ListProps<R>, 'empty'>): ReactElement {
  const body = useRef<HTMLDivElement>(null)
  const top = useRef(0)
  useEffect(() => {
    top.current = (body.current?.getBoundingClientRect().top ?? 0) + window.scrollY
  })
  const virtual = useWindowVirtualizer({
    count: rows.rows.length,
    estimateSize: () => ROW_PX,
    overscan: 12,
    scrollMargin: top.current,
    getItemKey: (index) => rowKey(rows.rows[index] as R),
  })
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  const { hasMore, loadingMore, loadMore } = rows
  const wanted = hasMore && !loadingMore && last >= rows.rows.length - 20
  useEffect(() => {
    if (wanted) loadMore()
  }, [wanted, loadMore])
  return (
    <div
      className="list"
      role="table"
      aria-label={label}
      aria-rowcount={hasMore ? -1 : rows.rows.length + 1}
      style={tracks(columns)}
    >
      <div role="rowgroup">
        <div className="list-head" role="row">
          {columns.map(({ head, headUnseen, wide, end }) => (
            <div className="cell" role="columnheader" key={head} data-wide={wide} data-end={end}>
              {headUnseen ? <span className="out-of-sight">{head}</span> : head}
            </div>
          ))}
        </div>
      </div>
      <div className="list-body" role="rowgroup" ref={body} style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => (
          <Row
            key={item.key}
            row={rows.rows[item.index] as R}
            columns={columns}
            index={item.index}
            top={item.start - top.current}
          />
        ))}
      </div>
      {loadingMore && <div className="list-end">Loading more …</div>}
    </div>
  )
}

interface RowProps<R> {
  readonly row: R
  readonly columns: readonly Column<R>[]
  readonly index: number
  readonly top: number
}

function Row<R>({ row, columns, index, top }: RowProps<R>): ReactElement {
  return (
    <div
      className="list-row"
      role="row"
      aria-rowindex={index + 2}
      style={{ height: ROW_PX, transform: `translateY(${top}px)` }}
    >
      {columns.map(({ head, wide, end, cell }) => (
        <div className="cell" role="cell" key={head} data-wide={wide} data-end={end}>
          {cell(row)}
        </div>
      ))}
    </div>
  )
}

function tracks<R>(columns: readonly Column<R>[]): CSSProperties {
  const of = (some: readonly Column<R>[]) => some.map(({ width }) => width).join(' ')
  const narrow = of(columns.filter(({ wide }) => !wide))
  return {
    '--columns': of(columns),
    // Whatever else has to, the first column gives way.
    '--columns-narrow': narrow.replaceAll(/minmax\(\d+px/g, 'minmax(0'),
  } as CSSProperties
}

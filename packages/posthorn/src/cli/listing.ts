import type { Command } from 'commander'
import { LIMITS } from '../domain/limits.ts'
import type { Context } from './context.ts'
import { usageError } from './exit.ts'
import { type Column, Table } from './text/table.ts'

export interface ListFlags {
  readonly limit?: string
  readonly all?: boolean
  readonly cursor?: string
  readonly json?: boolean
}

const LIMIT_MAX = 1_000_000_000

/** Adds what every list takes. */
export function addListOptions(command: Command): Command {
  return command
    .option('--limit <COUNT>', `how many, newest first (default: ${LIMITS.pageDefault})`)
    .option('--all', 'all of them')
    .option('--cursor <CURSOR>', 'go on where a list before ended')
}

export interface PageQuery {
  readonly limit: number
  readonly cursor?: string
}

interface Page<Row> {
  readonly data: readonly Row[]
  readonly next_cursor: string | null
}

/** Shows a list: a table for people, a JSON document a row and line for programs. */
export async function list<Row>(
  getPage: (query: PageQuery) => Promise<Page<Row>>,
  columns: ReadonlyArray<Column<Row>>,
  flags: ListFlags,
  { output }: Context,
): Promise<void> {
  let left = wanted(flags)
  let cursor = flags.cursor ?? null
  const table = new Table(columns, { width: output.width, heading: (text) => output.paint('dim', text) })
  let shown = 0
  do {
    const size = Math.min(left, LIMITS.pageMax)
    const page: Page<Row> = await getPage({ limit: size, ...(cursor === null ? {} : { cursor }) })
    if (flags.json) for (const row of page.data) await output.json(row, true)
    else if (page.data.length > 0) await output.lines(table.lines(page.data))
    shown += page.data.length
    left -= page.data.length
    cursor = page.next_cursor
  } while (cursor !== null && left > 0 && !output.closed.aborted)
  if (cursor !== null) output.note(`There are more: --all, or --cursor ${cursor}`)
  else if (shown === 0 && !flags.json) output.note('There are none.')
}

function wanted({ limit, all }: ListFlags): number {
  if (all && limit !== undefined) throw usageError('--all and --limit exclude each other.')
  if (all) return Number.POSITIVE_INFINITY
  if (limit === undefined) return LIMITS.pageDefault
  const value = /^\d{1,10}$/.test(limit) ? Number(limit) : 0
  if (value < 1 || value > LIMIT_MAX)
    throw usageError(`--limit ${JSON.stringify(limit)} must be a whole number above 0.`)
  return value
}

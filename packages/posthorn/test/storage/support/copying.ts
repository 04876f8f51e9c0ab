/** Copies of embedded stores into schemas of one PostgreSQL. */
import assert from 'node:assert/strict'
import pg from 'pg'
import { move } from '../../../src/cli/move/move.ts'
import { isPosthornError } from '../../../src/domain/error.ts'
import type { CopiedKind, CopySource, CopyTarget } from '../../../src/ports/copy.ts'
import type { Store } from '../../../src/ports/store.ts'
import { PostgresCopyTarget } from '../../../src/storage/postgres/copy/target.ts'
import { SqliteCopySource } from '../../../src/storage/sqlite/copy-source.ts'
import { NOW, World } from '../../../src/testing/store-conformance/world.ts'
import { Bases } from '../postgres/support.ts'
import { newFolder, openAt } from './folder.ts'

export interface Ends {
  readonly source: CopySource
  readonly target: CopyTarget
}

export class Copies {
  readonly #bases = Bases.use()
  #made = 0

  get url(): string {
    return this.#bases.url
  }

  newSchema(): string {
    this.#made += 1
    return `copy_${process.pid}_${this.#made}`
  }

  /** @param change what is different from an ordinary copy */
  async copy(
    folder: string,
    schema: string,
    change: (ends: Ends) => Ends = (ends) => ends,
  ): ReturnType<typeof move> {
    const source = SqliteCopySource.open(folder)
    try {
      const target = await PostgresCopyTarget.open(this.url, schema)
      try {
        const parts = { secretKey: 'fingerprint', now: () => NOW, onProgress: () => {} }
        return await move({ ...change({ source, target }), ...parts, stop: new AbortController().signal })
      } finally {
        await target.close()
      }
    } finally {
      source.close()
    }
  }

  /** As a store; closed and dropped after the tests. */
  async opened(schema: string): Promise<Store> {
    return (await this.#bases.open({ schema })).store
  }

  async drop(schema: string): Promise<void> {
    await this.run(`drop schema if exists ${schema} cascade`)
  }

  async run(sql: string): Promise<void> {
    await this.rows(sql)
  }

  async rows<R extends pg.QueryResultRow>(sql: string): Promise<R[]> {
    const client = new pg.Client({ connectionString: this.url })
    await client.connect()
    try {
      return (await client.query<R>(sql)).rows
    } finally {
      await client.end()
    }
  }
}

/** A folder with what is left after the work. */
export async function filled(work: (world: World) => Promise<void>): Promise<string> {
  const folder = newFolder()
  const world = new World(await openAt(folder), 1, async () => openAt(folder))
  await work(world)
  await world.store.close()
  return folder
}

export function unmark(folder: string): void {
  const source = SqliteCopySource.open(folder)
  source.markMoved(null)
  source.close()
}

export async function refusal(run: Promise<unknown>, code: string, says: RegExp): Promise<void> {
  await assert.rejects(run, (error) => {
    assert.ok(isPosthornError(error), String(error))
    assert.equal(error.code, code)
    assert.match(error.message, says)
    return true
  })
}

/** A target whose process ends at the first rows of this kind. */
export function endingAt(kind: CopiedKind, target: CopyTarget): CopyTarget {
  return changed(target, {
    write: (of, rows) => (of === kind ? Promise.reject(new Error('cut off')) : target.write(of, rows)),
  })
}

/** A target that somebody else changes before it is compared. */
export function spoiling(target: CopyTarget, spoil: () => Promise<void>): CopyTarget {
  return changed(target, {
    settle: async () => {
      await target.settle()
      await spoil()
    },
  })
}

export function changed(target: CopyTarget, changes: Partial<CopyTarget>): CopyTarget {
  return {
    look: () => target.look(),
    begin: () => target.begin(),
    write: (kind, rows) => target.write(kind, rows),
    settle: () => target.settle(),
    read: (kind, take) => target.read(kind, take),
    commit: (about) => target.commit(about),
    close: () => target.close(),
    ...changes,
  }
}

const DAY = 86_400_000

/** Events of these days in this order, and after each a replay that runs and has just passed it, and one that is done. */
export async function replaysOver(world: World, days: readonly number[]): Promise<void> {
  const keys: number[] = []
  for (const day of days)
    keys.push(await world.publish({ receivedAt: NOW + day * DAY }, world.delivery({ dueAt: NOW + day })))
  for (const cursor of [0, ...keys])
    for (const state of ['running', 'done'] as const)
      await world.store.replays.insert({
        ...{ id: world.id('rpl'), tenantId: world.tenantId },
        ...{ subscriptionId: world.id('sub'), since: NOW, until: NOW + 3 * DAY },
        ...{ states: null, eventTypes: null, state, cursor, created: cursor, scanned: cursor },
        ...{ createdAt: NOW, finishedAt: state === 'done' ? NOW : null },
      })
}

/** What a copy that is refused, cut off or spoiled leaves behind: never two stores that are served, nor half of one. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { PostgresCopyTarget } from '../../src/storage/postgres/copy/target.ts'
import { openPostgresStore } from '../../src/storage/postgres/open.ts'
import { Inbound } from '../../src/testing/store-conformance/inbound.ts'
import { DELIVERED, World } from '../../src/testing/store-conformance/world.ts'
import { Copies, endingAt, filled, refusal, replaysOver, spoiling, unmark } from './support/copying.ts'
import { useEverything } from './support/everything.ts'
import { newFolder, openAt } from './support/folder.ts'

const copies = new Copies()

async function stillServed(folder: string): Promise<void> {
  await (await openAt(folder)).close()
}

describe('a copy into PostgreSQL', () => {
  test('is refused while a process holds the folder, and without a store in it', async () => {
    const folder = await filled(useEverything)
    const holder = await openAt(folder)
    await refusal(copies.copy(folder, copies.newSchema()), 'data_dir_locked', /in use by process/)
    await holder.close()
    await refusal(copies.copy(newFolder(), copies.newSchema()), 'config_invalid', /no store/)
  })

  test('is refused where something else is in the schema', async () => {
    const folder = await filled(useEverything)
    const schema = copies.newSchema()
    await new World(await copies.opened(schema), 1).publish({})
    await refusal(copies.copy(folder, schema), 'config_invalid', /something in that schema already/)
    await stillServed(folder)
  })

  test('is refused while another one copies to the same place', async (t) => {
    const schema = copies.newSchema()
    t.after(() => copies.drop(schema))
    const first = await PostgresCopyTarget.open(copies.url, schema)
    const folder = await filled(useEverything)
    await refusal(copies.copy(folder, schema), 'store_unfinished', /Another "posthorn migrate --from"/)
    await first.close()
    await copies.copy(folder, schema)
  })

  test('that is cut off is not opened as a store, and begins anew when it is run again', async () => {
    const folder = await filled(useEverything)
    const schema = copies.newSchema()
    const cut = copies.copy(folder, schema, ({ source, target }) => ({
      source,
      target: endingAt('attempts', target),
    }))
    await assert.rejects(cut, /cut off/)
    await refusal(openPostgresStore({ database: copies.url, schema }), 'store_unfinished', /run it again/)
    await stillServed(folder)
    assert.equal((await copies.copy(folder, schema)).before, false)
    await refusal(openAt(folder), 'store_moved', /--unmark/)
    await copies.opened(schema)
  })

  test('that only misses its last mark gets it, if both are still the same', async (t) => {
    const folder = await filled(useEverything)
    const schema = copies.newSchema()
    t.after(() => copies.drop(schema))
    await copies.copy(folder, schema)
    unmark(folder)
    assert.equal((await copies.copy(folder, schema)).before, true)
    await refusal(openAt(folder), 'store_moved', /--unmark/)
    unmark(folder)
    const old = await openAt(folder)
    await new World(old, 5).publish({})
    await old.close()
    await refusal(copies.copy(folder, schema), 'config_invalid', /used since/)
    await stillServed(folder)
  })

  test('names text that PostgreSQL cannot hold, and tables that are not its own', async (t) => {
    const folder = await filled(async (world) => {
      await world.publish({ id: 'a\0b' })
    })
    const application = new DatabaseSync(join(folder, 'posthorn.db'))
    application.exec('create table orders (id text)')
    application.close()
    const schema = copies.newSchema()
    t.after(() => copies.drop(schema))
    const refused = copies.copy(folder, schema, (ends) => {
      assert.deepEqual(ends.source.leftBehind, ['orders'])
      return ends
    })
    await refusal(refused, 'invalid_request', /a\\u0000b.*U\+0000/)
    await stillServed(folder)
  })

  for (const [what, sql] of [
    ['a body', "update $s.events set data = 'other'"],
    ['a time', 'update $s.pending set due_at = due_at + 1 where event_key >= 0'],
    ['an answer', "update $s.attempts set response_body = 'other'"],
    ['a remembered id', "update $s.event_ids set content_hash = 'other'"],
    ['a request', 'delete from $s.requests where ctid in (select ctid from $s.requests limit 1)'],
    ['the cursor of a replay', `update $s.replays set doc = replace(doc, '"cursor":', '"cursor":1')`],
  ] as const)
    test(`in which ${what} is not the same says so, and leaves the source as it was`, async (t) => {
      const folder = await filled(async (world) => {
        await replaysOver(world, [0, 1])
        const leased = world.leased()
        await world.publish({}, leased)
        await world.store.deliveries.finish([world.finish(leased, DELIVERED)])
        await world.store.requests.note([new Inbound(world).request({ verdict: 'refused' })], 5)
      })
      const schema = copies.newSchema()
      t.after(() => copies.drop(schema))
      const spoil = () => copies.run(sql.replaceAll('$s', schema))
      const spoiled = copies.copy(folder, schema, ({ source, target }) => ({
        source,
        target: spoiling(target, spoil),
      }))
      await refusal(spoiled, 'internal', /not the same/)
      await refusal(openPostgresStore({ database: copies.url, schema }), 'store_unfinished', /run it again/)
      await stillServed(folder)
    })
})

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { isPosthornError } from '../../src/domain/error.ts'
import { Child } from './support/child.ts'
import { newFolder, openAt } from './support/folder.ts'

function lockedBy(pid: number | undefined) {
  return (error: unknown) => {
    assert.ok(isPosthornError(error))
    assert.equal(error.code, 'data_dir_locked')
    assert.ok(error.message.includes(hostname()))
    assert.match(error.message, new RegExp(`in use by process ${pid} on `))
    return true
  }
}

for (const where of ['same', 'thread'])
  test(`a folder that another process holds is refused, and free once that was killed (${where})`, async () => {
    const folder = newFolder()
    const holder = new Child('holder.ts', folder, where)
    await holder.linesRead(1)
    await assert.rejects(openAt(folder), lockedBy(holder.process.pid))
    await assert.rejects(openAt(folder, { thread: true }), lockedBy(holder.process.pid))
    await holder.kill()
    const store = await openAt(folder)
    assert.equal(store.report.unclean, true)
    await store.close()
  })

test('a folder is free after an orderly end, and no name of a holder is left', async () => {
  const folder = newFolder()
  const holder = new Child('holder.ts', folder, 'thread')
  await holder.linesRead(1)
  await holder.end()
  assert.equal(existsSync(join(folder, 'posthorn.holder')), false)
  const store = await openAt(folder)
  assert.equal(store.report.unclean, false)
  await store.close()
})

test('a second store of the same process is refused, and the first goes on', async () => {
  const folder = newFolder()
  const store = await openAt(folder)
  for (const thread of [false, true, false])
    await assert.rejects(openAt(folder, { thread }), lockedBy(process.pid))
  await store.upkeep.ping()
  const other = new Child('holder.ts', folder, 'same')
  await assert.rejects(other.linesRead(1), /data_dir_locked/)
  await store.close()
})

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Random } from '../../ports/random.ts'

const FILE = 'dev.key'
const KEY_BYTES = 24

/**
 * The admin key of a development folder. Kept in the open, so that it can be shown at each start and that yesterday's
 * curl lines work today; a server keeps only the hash of its key.
 */
export async function devKey(dataDir: string, random: Random): Promise<string> {
  const path = join(dataDir, FILE)
  const known = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (known !== null) return known.trim()
  const key = `phk_dev_${Buffer.from(random.bytes(KEY_BYTES)).toString('base64url')}`
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  await writeFile(path, `${key}\n`, { mode: 0o600, flag: 'wx' })
  return key
}

import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, rename, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { PosthornError } from '../domain/error.ts'
import { SECRET_KEY_CHARS_MIN } from './secret-box.ts'

/** The secret key's file in the data folder. */
export const KEY_FILE_NAME = 'secret.key'

export interface KeyFile {
  /** What `createSecretBox` takes. */
  readonly text: string
  readonly path: string
  /** It was made just now. */
  readonly created: boolean
  /** Others than its owner may read it: worth a warning. A mounted secret often looks like that, so it is no error. */
  readonly readableByOthers: boolean
}

/**
 * The secret key of a data folder, made at first start: 32 random bytes as base64url, one line, mode 0600. It appears
 * whole or not at all, and is fsynced before it is used: a secret sealed with a key that was lost cannot be opened.
 *
 * @throws PosthornError `config_invalid` when the file cannot be read or made, or is too short to be a key
 */
export async function keyFromFile(dataDir: string): Promise<KeyFile> {
  const path = join(dataDir, KEY_FILE_NAME)
  try {
    const created = (await exists(path)) ? false : await makeKeyFile(path)
    const text = (await readFile(path, 'utf8')).trim()
    if (text.length < SECRET_KEY_CHARS_MIN)
      throw new PosthornError(
        'config_invalid',
        `The secret key file ${path} holds fewer than ${SECRET_KEY_CHARS_MIN} characters. Put the right file back; if nothing was ever stored here, delete it and start again.`,
      )
    return { text, path, created, readableByOthers: ((await stat(path)).mode & 0o077) !== 0 }
  } catch (cause) {
    if (cause instanceof PosthornError) throw cause
    throw new PosthornError(
      'config_invalid',
      `The secret key file ${path} cannot be used: ${String(cause)}`,
      {
        cause,
      },
    )
  }
}

/**
 * The secret key of a data folder that has one; nothing is made.
 * @returns null when there is no such file
 * @throws PosthornError `config_invalid`
 */
export async function existingKey(dataDir: string): Promise<string | null> {
  return (await exists(join(dataDir, KEY_FILE_NAME))) ? (await keyFromFile(dataDir)).text : null
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false
      throw error
    },
  )
}

/** @returns false when another process was faster; its key is the right one then */
async function makeKeyFile(path: string): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  await writeSynced(draft, `${randomBytes(32).toString('base64url')}\n`)
  const made = await publish(draft, path)
  await syncFolder(dirname(path))
  return made
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** A link, unlike a rename, never replaces a key that appeared meanwhile. */
async function publish(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path)
    await unlink(draft)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') {
      await unlink(draft)
      return false
    }
    // File systems without hard links (exFAT, some network mounts). The data folder's lock keeps others out.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error
    await rename(draft, path)
    return true
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Everything of one store into another one, checked, and marked at both ends. */
import { PosthornError } from '../../domain/error.ts'
import { COPIED, type CopiedKind, type CopySource, type CopyTarget } from '../../ports/copy.ts'
import { CopyDigest } from './digest.ts'

const KINDS = Object.keys(COPIED) as CopiedKind[]

export interface MoveParts {
  readonly source: CopySource
  readonly target: CopyTarget
  /** Fingerprint of the secret key. */
  readonly secretKey: string
  readonly now: () => number
  /** Rows that were read or written so far, of so many in all, and what they are. */
  readonly onProgress: (step: 'copy' | 'check', done: number, of: number) => void
  /** Aborted: it ends between two batches, and leaves the copy unfinished. */
  readonly stop: AbortSignal
}

export interface Moved {
  readonly digest: CopyDigest
  /** It had been copied before; only the mark of the source was missing. */
  readonly before: boolean
}

/**
 * The order of the marks decides what a sudden end leaves: first the target is marked as unfinished, so that nobody
 * serves from it; that goes with the last commit of the copy; only then the source is marked as moved. An end between
 * those two leaves two stores that could be served: to run it again compares them and writes the missing mark.
 *
 * @throws PosthornError `config_invalid` when something else is in the target, `internal` when the copy is not the same
 */
export async function move(parts: MoveParts): Promise<Moved> {
  const { source, target, now, secretKey } = parts
  const place = await target.look()
  if (place.state === 'used')
    throw new PosthornError(
      'config_invalid',
      'There is something in that schema already, and a copy goes only into an empty one. Name another one with --database-schema; nothing was changed.',
    )
  if (place.state === 'copied') {
    const digest = await digestOf(parts)
    if (digest.text() !== place.digest)
      throw new PosthornError(
        'config_invalid',
        `That schema holds a copy that was finished at ${new Date(place.at).toISOString()}, and what is here is something else, or was used since. Name another one with --database-schema; nothing was changed.`,
      )
    source.markMoved(now())
    return { digest, before: true }
  }
  await target.begin()
  const digest = await copy(parts)
  await check(parts, digest)
  await target.commit({ digest: digest.text(), secretKey, at: now() })
  source.markMoved(now())
  return { digest, before: false }
}

async function copy(parts: MoveParts): Promise<CopyDigest> {
  const { source, target } = parts
  const digest = new CopyDigest()
  await readAll(parts, 'copy', async (kind, rows) => {
    const written = target.write(kind, rows)
    // While the database works.
    digest.add(kind, rows)
    await written
  })
  for (const kind of KINDS)
    if (digest.rows(kind) !== source.count(kind))
      throw new PosthornError(
        'store_damaged',
        `The source has ${source.count(kind)} ${kind}, and ${digest.rows(kind)} of them could be read. Restore a backup; nothing was changed there.`,
      )
  await target.settle()
  return digest
}

function digestOf(parts: MoveParts): Promise<CopyDigest> {
  const digest = new CopyDigest()
  return readAll(parts, 'check', async (kind, rows) => digest.add(kind, rows)).then(() => digest)
}

async function readAll(
  { source, onProgress, stop }: MoveParts,
  step: 'copy' | 'check',
  take: (kind: CopiedKind, rows: Parameters<CopyTarget['write']>[1]) => Promise<void>,
): Promise<void> {
  const total = KINDS.reduce((sum, kind) => sum + source.count(kind), 0)
  let done = 0
  for (const kind of KINDS)
    await source.read(kind, async (rows) => {
      stop.throwIfAborted()
      await take(kind, rows)
      done += rows.length
      onProgress(step, done, total)
    })
}

async function check({ target, onProgress, stop }: MoveParts, wanted: CopyDigest): Promise<void> {
  const found = new CopyDigest()
  for (const kind of KINDS)
    await target.read(kind, (rows) => {
      stop.throwIfAborted()
      found.add(kind, rows)
      onProgress('check', found.total(), wanted.total())
    })
  const differences = wanted.differences(found)
  if (differences.length === 0) return
  const texts = differences.map((kind) => `${kind} (${wanted.rows(kind)} read, ${found.rows(kind)} written)`)
  throw new PosthornError(
    'internal',
    `The copy is not the same as what was copied: ${texts.join(', ')}. Did something else write to the target? It stays marked as unfinished and the source as it was: run it again.`,
  )
}

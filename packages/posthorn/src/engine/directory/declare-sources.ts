import { type Flaw, isPosthornError, type PosthornError } from '../../domain/error.ts'
import type { Source } from '../../domain/source.ts'
import type { DeclaredSource, SourceInput } from '../receive/use-cases.ts'
import { isObject, refuse } from './flaws.ts'
import { sameJson } from './same-json.ts'

export interface DeclareParts {
  readonly present: (slug: string) => Promise<Source | null>
  /** A new source, checked and not stored. */
  readonly draft: (input: SourceInput) => Promise<Source>
  /** A stored one as it should be, checked and not stored. */
  readonly redraft: (present: Source, input: SourceInput) => Source
  readonly insert: (draft: Source) => Promise<Source>
  readonly update: (input: SourceInput) => Promise<Source>
}

/** Checks all of them, then writes those that are missing or differ. In their order. */
export async function declareSources(
  declared: readonly SourceInput[],
  parts: DeclareParts,
): Promise<readonly DeclaredSource[]> {
  const plans: Array<() => Promise<DeclaredSource>> = []
  const flaws: Flaw[] = []
  for (const [index, input] of declared.entries()) {
    const { slug } = input ?? {}
    if (isObject(input) && declared.findIndex((other) => other?.slug === slug) < index)
      flaws.push({ path: `/sources/${index}/slug`, message: `stands in the list twice: ${String(slug)}` })
    else
      try {
        plans.push(await plan(input, parts))
      } catch (error) {
        flaws.push(...placed(error, index))
      }
  }
  refuse(flaws, 'The declared sources do not fit; none was changed')
  const results: DeclaredSource[] = []
  for (const carryOut of plans) results.push(await carryOut())
  return results
}

async function plan(input: SourceInput, parts: DeclareParts): Promise<() => Promise<DeclaredSource>> {
  const present = typeof input?.slug === 'string' ? await parts.present(input.slug) : null
  if (present === null) {
    const draft = await parts.draft(input)
    return () => create(draft, input, parts)
  }
  if (sameJson(present, parts.redraft(present, input)))
    return async () => ({ source: present, change: 'unchanged' })
  return async () => ({ source: await parts.update(input), change: 'updated' })
}

async function create(draft: Source, input: SourceInput, parts: DeclareParts): Promise<DeclaredSource> {
  try {
    return { source: await parts.insert(draft), change: 'created' }
  } catch (error) {
    if (!isPosthornError(error) || error.code !== 'name_taken') throw error
    // Another process that starts now with the same list was faster.
    return { source: await parts.update(input), change: 'updated' }
  }
}

/** Its flaws with their place in the list. What is no refusal is no flaw. */
function placed(error: unknown, index: number): Flaw[] {
  if (!isPosthornError(error) || error.status >= 500) throw error
  const { flaws, message } = error as PosthornError
  if (flaws.length === 0) return [{ path: `/sources/${index}`, message }]
  return flaws.map((flaw) => ({ path: `/sources/${index}${flaw.path}`, message: flaw.message }))
}

/** Rules about whole files: how long, what they are called, whether anybody uses them. */

import { lineAt, type SourceFile } from './source.ts'
import { isExcepted, isTest } from './tidy-rules.ts'

export const LINES_MAX = { src: 300, test: 500 } as const

/** Longer files that are still the best way to say it, each with its reason. Keep it empty. */
export const LONGER: Readonly<Record<string, string>> = {}

export function lengthFailures(files: readonly SourceFile[], longer = LONGER): string[] {
  return files.flatMap((file) => {
    const lines = lineAt(file.text, file.text.trimEnd().length)
    const max = isTest(file.path) ? LINES_MAX.test : LINES_MAX.src
    if (lines <= max || isExcepted(file.path, longer)) return []
    return [
      `${file.path}:${max} too long: ${lines} lines, at most ${max}. Find the second thing in it and move that out.`,
    ]
  })
}

/** Words that mean something else here, or two things at once (design: "Words"). */
const OTHER_WORDS: Readonly<
  Record<string, { readonly say: string; readonly except: Readonly<Record<string, string>> }>
> = {
  endpoint: { say: 'subscription', except: {} },
  destination: { say: 'subscription or target', except: {} },
  hook: { say: 'subscription, or webhook for the thing as a whole', except: {} },
  consumer: { say: 'handler', except: {} },
  callback: { say: 'handler', except: {} },
  redrive: { say: 'replay', except: {} },
  resend: { say: 'retry or replay', except: {} },
  task: { say: 'delivery', except: {} },
  job: {
    say: 'delivery',
    except: {
      'packages/posthorn/src/queue/bullmq/': 'BullMQ calls it so',
      'packages/posthorn/test/queue/bullmq/': 'BullMQ calls it so',
    },
  },
}

const EXPORTED =
  /\bexport\s+(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(?:const|let|function\*?|class|interface|type)\s+([A-Za-z_$][\w$]*)/g

/** Names of files and exported names that use a word of somebody else's vocabulary. */
export function wordFailures(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const names = [...file.code.matchAll(EXPORTED)].map((match) => ({
      name: match[1] as string,
      line: lineAt(file.text, match.index),
    }))
    const base =
      file.path
        .split('/')
        .at(-1)
        ?.replace(/(?:\.test)?\.[a-z]+$/, '') ?? ''
    return [{ name: base, line: 1 }, ...names].flatMap(({ name, line }) =>
      wordsOf(name).flatMap((word) => {
        const other = OTHER_WORDS[word]
        if (other === undefined || isExcepted(file.path, other.except)) return []
        return [`${file.path}:${line} word: "${name}" says ${word}. Instead: ${other.say}.`]
      }),
    )
  })
}

/** `maxInFlightJobs` → max, in, flight, job. */
function wordsOf(name: string): string[] {
  const words = name.replaceAll(/([a-z\d])([A-Z])/g, '$1 $2').split(/[^A-Za-z\d]+/)
  return words.filter((word) => word !== '').map((word) => word.toLowerCase().replace(/(?<=[^s])s$/, ''))
}

/** Source files that nothing imports and that are no entry point. */
export function deadFiles(
  sources: readonly SourceFile[],
  graph: ReadonlyMap<string, readonly string[]>,
  entries: readonly string[],
): string[] {
  const reached = new Set<string>()
  const open = [...entries]
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (reached.has(path)) continue
    reached.add(path)
    open.push(...(graph.get(path) ?? []))
  }
  return sources
    .filter((file) => !reached.has(file.path))
    .map((file) => `${file.path}:1 dead: no entry point reaches it. Use it, or delete it with its tests.`)
}

/** Test names that stand twice in one file: a failure could not be told from its twin. */
export function duplicateTestNames(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const seen = new Map<string, number>()
    return testNames(file).flatMap(({ name, line }) => {
      const first = seen.get(name)
      seen.set(name, first ?? line)
      return first === undefined
        ? []
        : [`${file.path}:${line} test name: "${name}" stands in line ${first} already. Say what differs.`]
    })
  })
}

export interface TestName {
  readonly name: string
  readonly line: number
}

/** Names of `test(…)` and `it(…)` that are written as plain text. */
export function testNames(file: SourceFile): TestName[] {
  return [...file.code.matchAll(/(?<![\w$.])(?:test|it)\(\s*(['"`])/g)].flatMap((match) => {
    const start = match.index + match[0].length
    const end = file.code.indexOf(match[1] as string, start)
    const name = file.text.slice(start, end)
    return name.includes('${') ? [] : [{ name, line: lineAt(file.text, match.index) }]
  })
}

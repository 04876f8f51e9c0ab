/**
 * Habits that a test can keep, as data. A rule looks at code (comments and strings blanked out) unless it says `text`.
 * Where a rule has an exception, the exception has a reason.
 */
import type { SourceFile } from './source.ts'

export interface BannedPattern {
  readonly name: string
  readonly pattern: RegExp
  /** What the reader should write. */
  readonly instead: string
  /** Which files the rule is about. */
  readonly where: Where
  /** Paths (a folder ends with `/`) where it is allowed after all, each with its reason. */
  readonly except: Readonly<Record<string, string>>
  /** Look at the whole text, strings and comments included. */
  readonly text?: boolean
}

type Where = 'src' | 'tests' | 'storage' | 'all'

const P = 'packages/posthorn'
const SYSTEM = { [`${P}/src/system/`]: 'the one place that touches time and chance' }
const RANDOM = '(?:randomBytes|randomUUID|randomInt|randomFill\\w*|getRandomValues)'
const BROWSER = { 'packages/console/src/browser/': "the one place that touches the reader's browser" }
const CLI = { [`${P}/src/cli/`]: 'the process and its output belong to the command line' }

export const BANNED: readonly BannedPattern[] = [
  {
    name: 'wall clock',
    pattern: /\bDate\.now\b|\bnew Date\(\s*\)|(?<!new )\bDate\(\s*\)/g,
    instead: 'take a Clock (ports/clock.ts) and call now()',
    where: 'src',
    except: {
      ...SYSTEM,
      ...BROWSER,
      'packages/receiver/src/receiver.ts': 'the default of its injectable clock',
    },
  },
  {
    name: 'elapsed time',
    pattern: /\bperformance\.|\bprocess\.hrtime\b/g,
    instead: 'take a Clock (ports/clock.ts) and call elapsed()',
    where: 'src',
    except: SYSTEM,
  },
  {
    name: 'timer',
    pattern: /\b(?:setTimeout|setInterval|setImmediate)\b|\bAbortSignal\.timeout\b/g,
    instead: 'take a Clock (ports/clock.ts) and call after() or nextTurn()',
    where: 'src',
    except: { ...SYSTEM, ...BROWSER },
  },
  {
    name: 'chance',
    pattern: new RegExp(
      `\\bMath\\.random\\b|\\b${RANDOM}\\s*\\(|\\bimport\\s*\\{[^}]*\\b${RANDOM}\\b[^}]*\\}`,
      'g',
    ),
    instead: 'take a Random (ports/random.ts)',
    where: 'src',
    except: SYSTEM,
  },
  {
    name: 'clock or chance in SQL',
    pattern:
      /\b(?:current_timestamp|current_time|current_date|unixepoch|julianday|randomblob|gen_random_uuid)\b|\bnow\(\)|'now'/gi,
    instead: 'bind a value that the caller gives: no method of a store reads a clock',
    where: 'storage',
    except: {},
    text: true,
  },
  {
    name: 'console',
    pattern: /\bconsole\.|\bprocess\.(?:stdout|stderr)\b/g,
    instead: 'take a Logger (ports/logger.ts) or record a happening (ports/telemetry.ts)',
    where: 'src',
    except: { ...CLI, [`${P}/src/system/`]: 'the log stream is made here' },
  },
  {
    name: 'process',
    pattern: /\bprocess\.(?:exit|exitCode|on|once|env|argv|cwd|kill|abort)\b/g,
    instead: 'take what is needed as an option; only the command line knows its process',
    where: 'src',
    except: CLI,
  },
  {
    name: 'text as HTML',
    pattern:
      /\b(?:dangerouslySetInnerHTML|innerHTML|outerHTML|insertAdjacentHTML|srcdoc|srcDoc)\b|\bdocument\.write/g,
    instead: 'show it as text: what comes from outside never becomes a part of the page',
    where: 'src',
    except: {},
  },
  {
    name: 'export *',
    pattern: /\bexport\s*\*/g,
    instead: 'name what is exported',
    where: 'all',
    except: {},
  },
  {
    name: 'default export',
    pattern: /\bexport\s+default\b|\bexport\s*\{[^}]*\bas\s+default\b/g,
    instead: 'export it by its name',
    where: 'all',
    except: {},
  },
  {
    name: 'unfinished',
    pattern: /\b(?:TODO|FIXME|XXX|HACK)\b/g,
    instead: 'do it now, or open an issue and say in prose what is and is not done',
    where: 'all',
    except: { 'test/': 'the rules and their red examples name what they look for' },
    text: true,
  },
  {
    name: 'type checks off',
    pattern: /@ts-(?:ignore|nocheck)|@ts-expect-error(?![^\S\n]+\S)/g,
    instead: 'repair the type, or write @ts-expect-error and why',
    where: 'all',
    except: { 'test/': 'the rules and their red examples name what they look for' },
    text: true,
  },
  {
    name: 'sleep in a test',
    pattern: /\b(?:setTimeout|setInterval)\s*\(|\bsleep\s*\(|\bAtomics\.wait\b/g,
    instead: 'wait for a happening or a promise, or move a FakeClock (posthorn/testing)',
    where: 'tests',
    except: { 'e2e/support/until.ts': 'another process can only be asked; every wait has a bound' },
  },
  {
    name: 'sleep in a test',
    pattern: /['"](?:node:)?timers\/promises['"]/g,
    instead: 'wait for a happening or a promise, or move a FakeClock (posthorn/testing)',
    where: 'tests',
    except: { 'test/': 'the rules and their red examples name what they look for' },
    text: true,
  },
  {
    name: 'only',
    pattern: /\b(?:test|it|describe|suite)\.only\b|\bonly:\s*true\b/g,
    instead: 'run all tests',
    where: 'tests',
    except: {},
  },
  {
    name: 'skip without a reason',
    pattern:
      /\b(?:test|it|describe|suite)\.(?:skip|todo)\b|\b(?:skip|todo):\s*true\b|\b\w+\.(?:skip|todo)\(\s*\)/g,
    instead: "say why: { skip: cannot ? 'the reason' : false } or t.skip('the reason')",
    where: 'tests',
    except: {},
  },
]

export function isTest(path: string): boolean {
  return /^(?:test|e2e)\/|\/test\/|\.test\.ts$/.test(path)
}

function applies(where: Where, path: string): boolean {
  switch (where) {
    case 'all':
      return true
    case 'src':
      return /^packages\/[^/]+\/src\//.test(path)
    case 'storage':
      return path.startsWith(`${P}/src/storage/`)
    case 'tests':
      return isTest(path)
  }
}

export function isExcepted(path: string, except: Readonly<Record<string, string>>): boolean {
  return Object.keys(except).some((place) => (place.endsWith('/') ? path.startsWith(place) : path === place))
}

export function bannedFailures(files: readonly SourceFile[], rules = BANNED): string[] {
  return files.flatMap((file) =>
    rules
      .filter((rule) => applies(rule.where, file.path) && !isExcepted(file.path, rule.except))
      .flatMap((rule) => matches(file, rule)),
  )
}

function matches(file: SourceFile, rule: BannedPattern): string[] {
  const looked = rule.text ? file.text : file.code
  return [...looked.matchAll(rule.pattern)].map((match) => {
    const line = looked.slice(0, match.index).split('\n').length
    return `${file.path}:${line} ${rule.name}: \`${match[0].trim()}\`. Instead: ${rule.instead}.`
  })
}

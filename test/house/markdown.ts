/** What the docs claim, in a form that can be checked. */
import { existsSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { listFiles, ROOT, readSources } from './source.ts'
import { testNames } from './tidy-shape.ts'

export interface Page {
  readonly path: string
  readonly text: string
}

export function readPages(): Page[] {
  const paths = listFiles('*.md', 'docs/**/*.md', '{packages,examples,e2e,bench,test}/**/*.md')
  return paths.map((path) => ({ path, text: readFileSync(`${ROOT}${path}`, 'utf8') }))
}

export interface Fence {
  readonly language: string
  readonly body: string
  readonly line: number
  /** The comment right before it: `example: examples/a.ts`. */
  readonly note: string | null
}

const FENCE = /(?:<!-- ([^\n]*?) -->\n\s*)?^```(\w*)\n([\s\S]*?)^```$/gm

export function fences(page: Page): Fence[] {
  return [...page.text.matchAll(FENCE)].map((match) => ({
    note: match[1] ?? null,
    language: match[2] ?? '',
    body: match[3] ?? '',
    line: page.text.slice(0, match.index).split('\n').length,
  }))
}

function withoutFences(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```$/gm, (fence) => fence.replaceAll(/[^\n]/g, ' '))
}

function lineOf(page: Page, index: number): number {
  return page.text.slice(0, index).split('\n').length
}

/** GitHub's anchor of a heading. */
export function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-')
}

function anchors(text: string): Set<string> {
  return new Set([...withoutFences(text).matchAll(/^#+ (.+)$/gm)].map((match) => anchor(match[1] as string)))
}

/** Relative links whose file or heading is not there. */
export function brokenLinks(page: Page): string[] {
  const links = [...withoutFences(page.text).matchAll(/\]\(([^)\s]+)\)/g)]
  return links.flatMap((match) => {
    const link = match[1] as string
    if (/^[a-z]+:/.test(link)) return []
    const [file = '', heading] = link.split('#')
    const target = file === '' ? page.path : posix.join(posix.dirname(page.path), file)
    const where = `${page.path}:${lineOf(page, match.index)}`
    if (file !== '' && !existsSync(`${ROOT}${target}`))
      return [`${where} links to ${link}, which is not there.`]
    if (heading === undefined || !target.endsWith('.md')) return []
    const text = file === '' ? page.text : readFileSync(`${ROOT}${target}`, 'utf8')
    return anchors(text).has(heading)
      ? []
      : [`${where} links to the heading #${heading}, which ${target} has not.`]
  })
}

/** Paths in backticks that begin with one of our folders and are not there. */
export function missingPaths(page: Page): string[] {
  const paths = [
    ...withoutFences(page.text).matchAll(
      /`((?:packages|docs|test|scripts|examples|e2e|bench|deploy|\.ci)\/[^`\s]*)`/g,
    ),
  ]
  return paths.flatMap((match) => {
    const path = (match[1] as string).replace(/[:#].*$/, '')
    const found =
      path.includes('*') || path.includes('{') ? listFiles(path).length > 0 : existsSync(`${ROOT}${path}`)
    return found ? [] : [`${page.path}:${lineOf(page, match.index)} names ${path}, which is not there.`]
  })
}

/** Tests that a page names, as `path/to/a.test.ts` › "name", and that are not there. */
export function missingTests(page: Page): string[] {
  const names = [...page.text.matchAll(/`([^`\s]+\/[^`\s]+\.test\.ts)`(?: › "([^"\n]+)")?/g)]
  return names.flatMap((match) => {
    const [, path = '', name] = match
    const where = `${page.path}:${lineOf(page, match.index)}`
    const [file] = existsSync(`${ROOT}${path}`) ? readSources(path) : []
    if (file === undefined) return [`${where} names the test file ${path}, which is not there.`]
    if (name === undefined || testNames(file).some((one) => one.name === name)) return []
    return [`${where} names the test "${name}", which ${path} has not.`]
  })
}

/**
 * Code on a page that nothing runs. It is either the text of a file under `examples/`, which is run there, or says
 * itself what it prints (`// prints: …`) and is run as it stands, or the page says why it is not run.
 */
export function unrunFences(page: Page): string[] {
  return fences(page).flatMap(({ language, body, line, note }) => {
    if (!RUN.has(language) || note?.startsWith('not run: ') || body.includes('\n// prints: ')) return []
    const where = `${page.path}:${line}`
    const path = note?.match(/^example: (\S+)$/)?.[1]
    if (path === undefined)
      return [`${where} shows code that nothing runs. End it with // prints: …, or take it from examples/.`]
    if (!existsSync(`${ROOT}${path}`)) return [`${where} shows ${path}, which is not there.`]
    if (exampleText(readFileSync(`${ROOT}${path}`, 'utf8')) === body) return []
    return [`${where} differs from ${path}. Copy the file's text up to its expected output.`]
  })
}

const RUN = new Set(['ts', 'js'])

export interface Program {
  readonly place: string
  readonly body: string
  readonly prints: string
}

/** Code on a page that says what it prints. */
export function programs(page: Page): Program[] {
  return fences(page).flatMap(({ language, body, line }) => {
    const prints = [...body.matchAll(/^\/\/ prints: (.*)$/gm)].map((match) => `${match[1]}\n`).join('')
    return RUN.has(language) && prints !== '' ? [{ place: `${page.path}:${line}`, body, prints }] : []
  })
}

/** An example without the comment at its end that says what it prints. */
export function exampleText(text: string): string {
  return `${text.split('\n/* prints')[0]?.trimEnd()}\n`
}

/** npm scripts that a page tells the reader to run and that are not there. */
export function missingScripts(page: Page, scripts: readonly string[]): string[] {
  const known = [...scripts, 'ci', 'install', 'i', 'run', 'pack', 'publish']
  return [...page.text.matchAll(/(?:`|^|&& )npm (?:run )?([a-z][\w:-]*)/gm)].flatMap((match) =>
    known.includes(match[1] as string)
      ? []
      : [`${page.path}:${lineOf(page, match.index)} says \`npm ${match[1]}\`, which is no script.`],
  )
}

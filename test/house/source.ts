/**
 * Source files as the rules see them. `code` is the text with comments and the insides of strings blanked out, at the
 * same offsets, so that a rule about code is not fooled by prose. A scanner of our own, because TypeScript 7 has no
 * stable API for one and parsing 300 files with it would take longer than all rules together.
 */
import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

export interface Import {
  /** As written: `./a.ts`, `node:fs`, `pg`. */
  readonly specifier: string
  readonly line: number
}

export interface SourceFile {
  /** From the repository's root, with `/`. */
  readonly path: string
  readonly text: string
  readonly code: string
  readonly imports: readonly Import[]
}

export function source(path: string, text: string): SourceFile {
  const code = maskSource(text)
  return { path, text, code, imports: findImports(text, code) }
}

/** Source files under the patterns, sorted; never of `node_modules` or `dist`. */
export function readSources(...patterns: string[]): SourceFile[] {
  return listFiles(...patterns).map((path) => source(path, readFileSync(`${ROOT}${path}`, 'utf8')))
}

export function listFiles(...patterns: string[]): string[] {
  const skipped = (path: string) => /(^|\/)(node_modules|dist|\.git)(\/|$)/.test(path)
  const found = globSync(patterns, { cwd: ROOT, exclude: (path) => skipped(path) })
  return [...new Set(found.map((path) => path.replaceAll('\\', '/')))].sort()
}

export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}

/** A place for a failure: `path:line`. */
export function place(file: SourceFile, offset: number): string {
  return `${file.path}:${lineAt(file.text, offset)}`
}

const IMPORT_FORMS = [
  /\bimport\s+(?:type\s+)?[\w$\s{},*]+?\bfrom\s*(['"])/g,
  /\bexport\s+(?:type\s+)?(?:\{[^}]*\}|\*(?:\s+as\s+[\w$]+)?)\s*from\s*(['"])/g,
  /\bimport\s*(['"])/g,
  /\bimport\s*\(\s*(['"])/g,
]

/** A worker's entry is named by a string in a `new URL`: a relative path to a source file, wherever it stands. */
const SOURCE_PATH = /^\.{1,2}\/.+\.tsx?$/

function findImports(text: string, code: string): Import[] {
  const found = new Map<number, string>()
  for (const form of IMPORT_FORMS)
    for (const match of code.matchAll(form)) {
      const start = match.index + match[0].length
      found.set(start, text.slice(start, code.indexOf(match[1] as string, start)))
    }
  for (const match of code.matchAll(/(['"]) *\1/g)) {
    const path = text.slice(match.index + 1, match.index + match[0].length - 1)
    if (SOURCE_PATH.test(path)) found.set(match.index + 1, path)
  }
  const sorted = [...found].sort(([a], [b]) => a - b)
  return sorted.map(([at, specifier]) => ({ specifier, line: lineAt(text, at) }))
}

/** A `/` after one of these begins a regular expression; after a name, a number, `)` or `]` it divides. */
const BEFORE_REGEX =
  /(?:^|[(,=:[!&|?{};+\-*%~^<>]|\b(?:return|typeof|case|in|of|delete|void|throw|new|await|yield|else|do))\s*$/

/** The text with comments and the insides of strings, templates and regular expressions as spaces. */
export function maskSource(text: string): string {
  return new Masker(text).run()
}

class Masker {
  readonly #text: string
  readonly #out: string[]
  #at = 0
  /** One number for each `${` we are in: how many `{` are open in it. */
  readonly #holes: number[] = []

  constructor(text: string) {
    this.#text = text
    this.#out = [...Array(text.length).keys()].map((index) => text[index] as string)
  }

  run(): string {
    if (this.#text.startsWith('#!')) this.#blankUntil(this.#endOfLine())
    while (this.#at < this.#text.length) this.#step()
    return this.#out.join('')
  }

  #step(): void {
    const here = this.#text[this.#at] as string
    const two = this.#text.slice(this.#at, this.#at + 2)
    if (two === '//') this.#blankUntil(this.#endOfLine())
    else if (two === '/*') this.#blankUntil(this.#after('*/', this.#at + 2))
    else if (here === "'" || here === '"') this.#quoted(here)
    else if (here === '`') this.#template()
    else if (here === '/' && BEFORE_REGEX.test(this.#codeBefore())) this.#regex()
    else this.#plain(here)
  }

  #plain(here: string): void {
    const depth = this.#holes.length - 1
    if (here === '{' && depth >= 0) this.#holes[depth] = (this.#holes[depth] as number) + 1
    if (here === '}' && depth >= 0) {
      if (this.#holes[depth] === 0) {
        this.#holes.pop()
        this.#template()
        return
      }
      this.#holes[depth] = (this.#holes[depth] as number) - 1
    }
    this.#at += 1
  }

  #quoted(quote: string): void {
    const end = this.#unescaped(this.#at + 1, quote)
    this.#at += 1
    this.#blankUntil(end)
    this.#at = end + 1
  }

  /** From a backtick, or from the `}` that ends a hole: up to the closing backtick or the next hole. */
  #template(): void {
    this.#at += 1
    let end = this.#at
    while (end < this.#text.length && this.#text[end] !== '`' && !this.#text.startsWith('${', end))
      end += this.#text[end] === '\\' ? 2 : 1
    this.#blankUntil(Math.min(end, this.#text.length))
    if (this.#text[end] === '$') {
      this.#holes.push(0)
      this.#at = end + 2
    } else this.#at = end + 1
  }

  #regex(): void {
    const lineEnd = this.#endOfLine()
    let end = this.#at + 1
    let inClass = false
    while (end < lineEnd && (inClass || this.#text[end] !== '/')) {
      if (this.#text[end] === '\\') end += 1
      else if (this.#text[end] === '[') inClass = true
      else if (this.#text[end] === ']') inClass = false
      end += 1
    }
    this.#at += 1
    if (end < lineEnd) {
      this.#blankUntil(end)
      this.#at = end + 1
    }
  }

  /** The code that was kept shortly before here, without comments. */
  #codeBefore(): string {
    return this.#out
      .slice(Math.max(0, this.#at - 200), this.#at)
      .join('')
      .trimEnd()
  }

  #blankUntil(end: number): void {
    for (; this.#at < end; this.#at += 1) if (this.#out[this.#at] !== '\n') this.#out[this.#at] = ' '
  }

  #unescaped(from: number, quote: string): number {
    let at = from
    while (at < this.#text.length && this.#text[at] !== quote && this.#text[at] !== '\n')
      at += this.#text[at] === '\\' ? 2 : 1
    return Math.min(at, this.#text.length)
  }

  #endOfLine(): number {
    const end = this.#text.indexOf('\n', this.#at)
    return end === -1 ? this.#text.length : end
  }

  #after(mark: string, from: number): number {
    const found = this.#text.indexOf(mark, from)
    return found === -1 ? this.#text.length : found + mark.length
  }
}

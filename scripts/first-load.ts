/** What a browser loads before it can show anything of the console. */
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'

const IN_PAGE = /<(?:script|link)\b[^>]*\b(?:src|href)="([^"]+\.js)"/g
/** As the minifier writes them; what stands in brackets after `import` is loaded later. */
const STATIC = /\b(?:import|from)\s*["'](\.\/[^"']+\.js)["']/g

export interface FirstLoad {
  /** Names of files in `assets`. */
  readonly files: readonly string[]
  /** Of JavaScript, each file gzipped by itself. */
  readonly bytes: number
}

/** The scripts of index.html, what it preloads, and all that they import. @param dist a console that was built */
export function firstLoad(dist: string): FirstLoad {
  const read = (name: string) => readFileSync(join(dist, 'assets', name))
  const named = (text: string, pattern: RegExp) =>
    [...text.matchAll(pattern)].map(([, path = '']) => basename(path))
  const found = new Set(named(readFileSync(join(dist, 'index.html'), 'utf8'), IN_PAGE))
  // A set goes on over what is added to it meanwhile.
  for (const name of found) for (const next of named(read(name).toString(), STATIC)) found.add(next)
  const files = [...found]
  return { files, bytes: files.reduce((sum, name) => sum + gzipSync(read(name)).length, 0) }
}

/** The program with a defect put into it: a copy of its sources with one text replaced. Shows that the checks can fail. */
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const PROGRAM = 'packages/posthorn'

export interface Defect {
  /** Below `packages/posthorn/src`. */
  readonly file: string
  /** Must be there once. */
  readonly text: string
  readonly instead: string
}

export interface BrokenBuild {
  readonly bin: string
  remove(): void
}

/** @throws AssertionError when the program does not have such a text: the defect must be written anew */
export function breakBuild({ file, text, instead }: Defect): BrokenBuild {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-broken-'))
  const copy = join(folder, PROGRAM)
  mkdirSync(copy, { recursive: true })
  for (const part of ['bin', 'src', 'package.json'])
    cpSync(join(ROOT, PROGRAM, part), join(copy, part), { recursive: true })
  for (const modules of ['node_modules', join(PROGRAM, 'node_modules')])
    symlinkSync(join(ROOT, modules), join(folder, modules))
  const path = join(copy, 'src', file)
  const source = readFileSync(path, 'utf8')
  const remove = () => rmSync(folder, { recursive: true, force: true })
  try {
    assert.equal(source.split(text).length, 2, `${file} does not have this text once: ${text}`)
  } catch (error) {
    remove()
    throw error
  }
  writeFileSync(
    path,
    source.replace(text, () => instead),
  )
  return { bin: join(copy, 'bin/posthorn.js'), remove }
}

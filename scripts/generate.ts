/**
 * Writes the references that come from the code.
 *
 *   npm run generate             writes what is out of date
 *   npm run generate -- --check  writes nothing, and fails when something is out of date
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { PAGES } from './reference/pages.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } })

const stale = Object.entries(PAGES).filter(([path, make]) => {
  const file = join(ROOT, path)
  const text = make()
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return false
  if (!values.check) {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  return true
})

for (const [path] of stale)
  console.log(values.check ? `${path} is out of date: npm run generate` : `wrote ${path}`)
if (stale.length === 0) console.log('the references are up to date')
if (values.check && stale.length > 0) process.exitCode = 1

/**
 * `npm run test:faults [-- NAME…]`: the fault scenarios in the long form, one file after the other, or those files whose
 * names contain one of the words; a line for each seed. `POSTHORN_FAULT_SEEDS` says how many seeds (10), and
 * `POSTHORN_E2E_SEED` which one.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const FOLDER = fileURLToPath(new URL('./', import.meta.url))
const SEEDS = '10'
/** Of one test, which is one seed: a scenario may have its own, shorter or longer. */
const SEED_TIMEOUT_MS = 600_000

const words = process.argv.slice(2)
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.test.ts'))
const chosen = files.filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
if (chosen.length === 0) {
  const names = files.map((name) => name.replace('.test.ts', '')).join(', ')
  console.error(`There is no scenario file named ${words.join(' or ')}. There are ${names}.`)
  process.exit(2)
}
const flags = ['--test', '--test-concurrency=1', `--test-timeout=${SEED_TIMEOUT_MS}`]
const { status } = spawnSync(process.execPath, [...flags, ...chosen.map((name) => `${FOLDER}${name}`)], {
  stdio: 'inherit',
  env: { POSTHORN_FAULT_SEEDS: SEEDS, ...process.env },
})
process.exitCode = status ?? 1

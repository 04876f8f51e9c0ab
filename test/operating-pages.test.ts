/** The pages for operators: the commands, options, variables, metrics and alert rules that they name are there. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { COMMANDS } from '../packages/posthorn/src/cli/commands.ts'
import { SERVER_OPTIONS } from '../packages/posthorn/src/cli/config/options.ts'
import { METRICS, type MetricName, prometheusName } from '../packages/posthorn/src/instance/metrics.ts'
import { fences, type Page } from './house/markdown.ts'
import { assertNone } from './house/report.ts'
import { listFiles, ROOT, readSources } from './house/source.ts'

const read = (path: string) => readFileSync(`${ROOT}${path}`, 'utf8')
const pages = listFiles('docs/operating/*.md', 'docs/running.md').map((path) => ({ path, text: read(path) }))

const rows = Object.values(SERVER_OPTIONS)
/** Of the commands that ask a server; `docs/reference/cli.md` has them, and is made from the code. */
const client = [...read('docs/reference/cli.md').matchAll(/`(POSTHORN_[A-Z_]+)`/g)].map(
  ([, name]) => name as string,
)
const VARIABLES = new Set([...rows.map(({ variable }) => variable as string), ...client])
const FLAGS = new Set(rows.map(({ flag }) => flag as string))
const COUNTED = new Set(Object.keys(METRICS).map((name) => prometheusName(name as MetricName)))
const RULES = new Set(
  [...read('docs/operating/alerts.yaml').matchAll(/- alert: (\w+)/g)].map(([, name]) => name),
)

/** Flags of the other commands, where they are declared. */
const OTHER_FLAGS = readSources('packages/posthorn/src/cli/**/*.ts').flatMap(({ text }) =>
  [...text.matchAll(/'(?:-\w, )?(--[a-z-]+)/g)].map(([, flag]) => flag as string),
)

function pageFailures(page: Page): string[] {
  const { path, text } = page
  const absent = (what: string, known: ReadonlySet<unknown>, pattern: RegExp) =>
    [...text.matchAll(pattern)].flatMap(([, name]) =>
      known.has(name) ? [] : [`${path}: there is no ${what} ${name}.`],
    )
  const shell = fences(page).filter(({ language }) => language === 'sh')
  const lines = [
    ...shell.flatMap(({ body }) => body.split('\n')),
    ...[...text.matchAll(/`(posthorn [^`\n]+)`/g)].map(([, line]) => line as string),
  ]
  return [
    ...absent('variable', VARIABLES, /\b(POSTHORN_[A-Z_]*[A-Z])\b/g),
    ...absent('option', new Set([...FLAGS, ...OTHER_FLAGS]), /`(--[a-z-]+)`/g),
    ...absent('alert rule', RULES, /`(Posthorn[A-Z]\w+)`/g),
    ...absent(
      'metric',
      COUNTED,
      /`((?:webhook|delivery|store|lease|queue|process|service)_\w+_(?:total|seconds))`/g,
    ),
    ...lines.flatMap((line) => commandFailures(path, line)),
  ]
}

function commandFailures(path: string, line: string): string[] {
  const [, name, sub] = /^(?:[A-Z_]+=\S+ )*posthorn ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?/.exec(line) ?? []
  if (name === undefined) return []
  const command = COMMANDS.find((one) => one.name === name)
  if (command === undefined) return [`${path}: there is no command posthorn ${name}.`]
  const groups = /,/.test(command.summary) && /\b(?:list|show|create)\b/.test(command.summary)
  if (!groups || sub === undefined || new RegExp(`\\b${sub}\\b`).test(command.summary)) return []
  return [`${path}: there is no command posthorn ${name} ${sub}.`]
}

test('what the pages for operators name is there', () => {
  assert.ok(pages.length > 7)
  assertNone(pages.flatMap(pageFailures))
})

const RED = [
  ['a command', '```sh\nposthorn launch\n```\n', /posthorn launch/],
  ['a command of a group', 'run `posthorn deliveries explode`', /deliveries explode/],
  ['a command behind a variable', '```sh\nPOSTHORN_KEY=x posthorn launch\n```\n', /posthorn launch/],
  ['a variable', 'set POSTHORN_ROLES', /POSTHORN_ROLES/],
  ['an option', 'give `--drain`', /--drain/],
  ['an alert rule', 'see `PosthornOnFire`', /PosthornOnFire/],
  ['a metric', 'see `queue_burned_total`', /queue_burned_total/],
] as const
for (const [what, text, flaw] of RED)
  test(`red: ${what} that is not there`, () => {
    const found = pageFailures({ path: 'docs/a.md', text })
    assert.equal(found.length, 1)
    assert.match(found[0] ?? '', flaw)
  })

test('green: what is there, and what is not a command', () => {
  const text =
    '`--drain-ms` POSTHORN_DRAIN_MS `PosthornDown` `queue_failed_total`\n```sh\nposthorn deliveries list\npsql -c "create role posthorn login"\n```\n'
  assert.deepEqual(pageFailures({ path: 'docs/a.md', text }), [])
})

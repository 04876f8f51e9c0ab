/** `docs/operating/`: the alert rules and the dashboard name what there is, and can be read by whoever loads them. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parse } from 'yaml'
import { COMMANDS } from '../packages/posthorn/src/cli/commands.ts'
import {
  METRICS,
  type MetricDescription,
  type MetricName,
  prometheusName,
} from '../packages/posthorn/src/instance/metrics.ts'
import { readExpression } from './house/promql.ts'
import { assertNone } from './house/report.ts'
import { ROOT } from './house/source.ts'

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly for?: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly targets?: ReadonlyArray<{ readonly expr: string; readonly legendFormat: string }>
  readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>
}

interface Dashboard {
  readonly uid: string
  readonly title: string
  readonly templating: {
    readonly list: ReadonlyArray<{ readonly name: string; readonly definition?: string }>
  }
  readonly panels: readonly Panel[]
}

const text = (path: string) => readFileSync(`${ROOT}docs/operating/${path}`, 'utf8')
const { groups } = parse(text('alerts.yaml')) as {
  groups: ReadonlyArray<{ name: string; rules: readonly Rule[] }>
}
const rules = groups.flatMap((group) => group.rules)
const dashboard = JSON.parse(text('dashboard.json')) as Dashboard
const charts = dashboard.panels.filter(({ type }) => type !== 'row')
const page = text('watching.md')

/** What Prometheus itself puts on series. */
const SCRAPED = ['job', 'instance']
/** By the name that Prometheus knows. */
const LABELS = new Map<string, readonly string[]>([
  ['up', SCRAPED],
  ...Object.entries<MetricDescription>(METRICS).flatMap(([name, { kind, by }]) => {
    const plain = prometheusName(name as MetricName)
    const labels = [...by, ...SCRAPED]
    if (kind !== 'histogram') return [[plain, labels] as const]
    const parts = [`${plain}_count`, `${plain}_sum`].map((part) => [part, labels] as const)
    return [[`${plain}_bucket`, [...labels, 'le']] as const, ...parts]
  }),
])

/** What an expression says that is not so. */
function expressionFailures(place: string, expression: string): string[] {
  const { selectors, grouped, flaws } = readExpression(expression)
  const labels = new Set(selectors.flatMap(({ metric }) => LABELS.get(metric) ?? []))
  return [
    ...flaws,
    ...(selectors.length === 0 ? ['it names no metric'] : []),
    ...selectors.flatMap(({ metric, labels: own }) => {
      const known = LABELS.get(metric)
      if (known === undefined) return [`there is no metric ${metric}`]
      return own.filter((label) => !known.includes(label)).map((label) => `${metric} has no label ${label}`)
    }),
    ...grouped
      .filter((label) => !labels.has(label))
      .map((label) => `none of its metrics has a label ${label}`),
  ].map((flaw) => `${place}: ${flaw}`)
}

/** Labels that a text shows of a result: `{{ $labels.source }}` of a rule, `{{source}}` of a legend. */
function shownFailures(place: string, expression: string, shown: string, look: RegExp): string[] {
  const kept = new Set(readExpression(expression).selectors.flatMap(({ metric }) => LABELS.get(metric) ?? []))
  const names = [...shown.matchAll(look)].map((match) => match[1] as string)
  return names.filter((name) => !kept.has(name)).map((name) => `${place}: shows ${name}, which no result has`)
}

function commandFailures(place: string, prose: string): string[] {
  return [...prose.matchAll(/posthorn ([a-z][a-z-]+)(?: ([a-z][a-z-]+))?/g)].flatMap(([named, name, sub]) => {
    const command = COMMANDS.find((one) => one.name === name)
    if (command === undefined) return [`${place}: there is no command "${named}"`]
    const groups = /,/.test(command.summary) && /\b(?:list|show|create)\b/.test(command.summary)
    if (!groups || sub === undefined || new RegExp(`\\b${sub}\\b`).test(command.summary)) return []
    return [`${place}: there is no command "${named}"`]
  })
}

/** Grafana puts its own intervals and chosen values in. */
const filled = (expression: string) => expression.replaceAll('$__rate_interval', '5m')

test('the rules name metrics and labels that there are', () => {
  assert.ok(rules.length > 15)
  assertNone(rules.flatMap(({ alert, expr }) => expressionFailures(alert, expr)))
})

test('each rule says what happened, what it means, what to do at night, and whom it wakes', () => {
  for (const { alert, labels, annotations, for: lasting } of rules) {
    assert.match(alert, /^Posthorn[A-Z]\w+$/)
    assert.deepEqual(Object.keys(annotations), ['summary', 'meaning', 'action'], alert)
    for (const [name, said] of Object.entries(annotations)) assert.ok(said.length > 20, `${alert}: ${name}`)
    assert.ok(['page', 'ticket'].includes(labels.severity ?? ''), alert)
    if (lasting !== undefined) assert.match(lasting, /^\d+[smhd]$/, alert)
  }
  assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length)
  assert.equal(new Set(groups.map(({ name }) => name)).size, groups.length)
})

test('the texts of a rule show labels that its result has, and commands that there are', () =>
  assertNone(
    rules.flatMap(({ alert, expr, annotations }) => {
      const said = Object.values(annotations).join('\n')
      return [...shownFailures(alert, expr, said, /\$labels\.(\w+)/g), ...commandFailures(alert, said)]
    }),
  ))

test('a name that one rule refers to is the name of another', () =>
  assertNone(
    rules.flatMap(({ alert, annotations }) =>
      [
        ...Object.values(annotations)
          .join('\n')
          .matchAll(/\bPosthorn[A-Z]\w+/g),
      ]
        .filter(([name]) => !rules.some((other) => other.alert === name))
        .map(([name]) => `${alert}: there is no rule ${name}`),
    ),
  ))

test('the dashboard names metrics and labels that there are', () => {
  assert.ok(charts.length > 25)
  assertNone(
    charts.flatMap(({ title, targets = [] }) =>
      targets.flatMap(({ expr, legendFormat }) => [
        ...expressionFailures(title, filled(expr)),
        ...shownFailures(title, filled(expr), legendFormat, /\{\{(\w+)\}\}/g),
      ]),
    ),
  )
  for (const { name, definition } of dashboard.templating.list) {
    const asked = /^label_values\((\w+)(?:\{.*\})?, (\w+)\)$/.exec(definition ?? '')
    if (definition === undefined) assert.equal(name, 'datasource')
    else assert.ok(LABELS.get(asked?.[1] ?? '')?.includes(asked?.[2] ?? ''), definition)
  }
})

test('Grafana can lay the dashboard out: each panel has its own id and place, a query and an explanation', () => {
  assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length)
  for (const { title, description, targets } of charts) {
    assert.ok((description ?? '').length > 10, title)
    assert.ok((targets ?? []).length > 0, title)
  }
  const cells = dashboard.panels.flatMap(({ title, gridPos: { x, y, w, h } }) => {
    assert.ok(x >= 0 && x + w <= 24, title)
    return Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`)
  })
  assert.equal(new Set(cells).size, cells.length, 'two panels lie on each other')
})

test('every metric is on the dashboard or in a rule', () => {
  const expressions = [
    ...rules.map(({ expr }) => expr),
    ...charts.flatMap(({ targets = [] }) => targets.map(({ expr }) => filled(expr))),
  ]
  const named = new Set(
    expressions.flatMap((one) => readExpression(one).selectors.map(({ metric }) => metric)),
  )
  const missing = Object.keys(METRICS).filter((name) => {
    const plain = prometheusName(name as MetricName)
    return ![plain, `${plain}_bucket`].some((one) => named.has(one))
  })
  assert.deepEqual(missing, [])
})

test('the page about watching names metrics, rules, panels and commands that there are', () => {
  const names = [
    ...page.matchAll(/`((?:webhook|delivery|store|lease|process|target|replay|service)_[a-z_]+)`/g),
  ]
  const rulesNamed = [...page.matchAll(/`(Posthorn[A-Z]\w+)`/g)].map((match) => match[1])
  assertNone([
    ...names.flatMap(([, name]) =>
      LABELS.has(name as string) ? [] : [`watching.md: there is no metric ${name}`],
    ),
    ...rulesNamed.flatMap((name) =>
      rules.some(({ alert }) => alert === name) ? [] : [`watching.md: there is no rule ${name}`],
    ),
    ...commandFailures('watching.md', page),
  ])
  const panels = [...page.matchAll(/^\| .* \| \*([^*]+)\*/gm)].map((match) => match[1])
  assert.ok(panels.length > 8)
  for (const title of panels)
    assert.ok(
      charts.some((panel) => panel.title === title),
      `there is no panel ${title}`,
    )
})

// ---- each check going red ------------------------------------------------------------------------------------------

const RED: ReadonlyArray<[what: string, expression: string, flaw: RegExp]> = [
  ['a metric that is not there', 'rate(webhook_recieved_total[5m])', /no metric webhook_recieved_total/],
  ['a counter without its ending', 'webhook_received', /no metric webhook_received$/],
  ['a histogram as a whole', 'rate(webhook_processing_seconds[5m])', /no metric webhook_processing_seconds$/],
  [
    'a label of another metric',
    'webhook_failed_total{source="a"}',
    /webhook_failed_total has no label source/,
  ],
  ['a group by a label that is not there', 'sum by (kind) (webhook_dead)', /has a label kind/],
  [
    'a join by a label that is not there',
    'webhook_dead * on (source) webhook_queue_depth',
    /has a label source/,
  ],
  ['a bracket too few', 'sum(rate(webhook_refused_total[5m])', /no \) at its end/],
  ['a bracket too many', 'sum(webhook_dead))', /a \) that nothing opens/],
  ['brackets that cross', 'sum(webhook_failed_total{attempt="1")}', /a \) that nothing opens/],
  ['a range without its unit', 'rate(webhook_refused_total[5])', /\[5\] is no range/],
  ['nothing to ask for', 'vector(1)', /names no metric/],
]

for (const [what, expression, flaw] of RED)
  test(`red: ${what}`, () => assert.match(expressionFailures('here', expression).join('\n'), flaw))

test('green: an expression with everything in it', () => {
  const expression = `histogram_quantile(0.95, sum by (le, event_type) (rate(webhook_processing_seconds_bucket{event_type=~"a{2}|b(c)", job!='x'}[5m])))
    > 1e3 and on (event_type) (increase(webhook_failed_total{attempt="1"}[1h30m] offset 5m) > bool 0.5) or vector(0)`
  assert.deepEqual(expressionFailures('here', expression), [])
  assert.deepEqual(
    readExpression(expression).selectors.map(({ metric, labels }) => [metric, labels]),
    [
      ['webhook_processing_seconds_bucket', ['event_type', 'job']],
      ['webhook_failed_total', ['attempt']],
    ],
  )
})

test('red: labels and commands that a text shows', () => {
  assert.equal(shownFailures('here', 'webhook_dead', '{{ $labels.source }}', /\$labels\.(\w+)/g).length, 1)
  assert.equal(commandFailures('here', 'posthorn deliveries explode').length, 1)
  assert.equal(commandFailures('here', 'posthorn launch').length, 1)
  assert.deepEqual(commandFailures('here', 'posthorn deliveries retry ID, posthorn doctor checks'), [])
})

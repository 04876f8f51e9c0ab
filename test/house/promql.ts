/**
 * As much of PromQL as is needed to hold the expressions of `docs/operating/` against the metrics that there are: which
 * metrics an expression names, with which labels, and whether its brackets fit.
 */
export interface Expression {
  /** Names of metrics, each with the labels of its own matchers. */
  readonly selectors: ReadonlyArray<{ readonly metric: string; readonly labels: readonly string[] }>
  /** Labels by which results are grouped or joined: of any of the metrics. */
  readonly grouped: readonly string[]
  /** What is wrong with its form, in words. */
  readonly flaws: readonly string[]
}

const TOKEN =
  /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\[[^\]]*\]|[A-Za-z_:][\w:]*|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+|ms|[smhdwy])?|[<>=!~]+|[-+*/%^(){},]|\s+|./gy
const WORDS = new Set([
  'and',
  'or',
  'unless',
  'offset',
  'bool',
  'inf',
  'nan',
  'by',
  'without',
  'on',
  'ignoring',
])
const GROUPING = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right'])
const CLOSES: Readonly<Record<string, string>> = { '(': ')', '{': '}' }
const DURATION = /^\[(?:\d+[smhdwy])+(?::(?:\d+[smhdwy])?)?\]$/
const IDENTIFIER = /^[A-Za-z_:]/

export function readExpression(text: string): Expression {
  const tokens = [...text.matchAll(TOKEN)].map(([token]) => token).filter((token) => token.trim() !== '')
  const selectors: Array<{ metric: string; labels: string[] }> = []
  const grouped: string[] = []
  const flaws = tokens.flatMap((token) =>
    token.startsWith('[') && !DURATION.test(token) ? [`${token} is no range`] : [],
  )
  flaws.push(...bracketFlaws(tokens))
  for (const [index, token] of tokens.entries()) {
    if (!IDENTIFIER.test(token)) continue
    if (enclosing(tokens, index) === '{') continue
    if (isGrouped(tokens, index)) grouped.push(token)
    else if (!WORDS.has(token) && !GROUPING.has(token) && !isFunction(tokens, index))
      selectors.push({ metric: token, labels: matchersAfter(tokens, index) })
  }
  return { selectors, grouped, flaws }
}

function bracketFlaws(tokens: readonly string[]): string[] {
  const open: string[] = []
  for (const token of tokens) {
    if (token in CLOSES) open.push(CLOSES[token] as string)
    else if (token === ')' || token === '}') {
      if (open.pop() !== token) return [`a ${token} that nothing opens`]
    } else if (['"', "'", '[', ']'].includes(token)) return [`a ${token} that stands alone`]
  }
  return open.map((close) => `no ${close} at its end`)
}

/** The bracket in which a token stands, or null. */
function enclosing(tokens: readonly string[], index: number): string | null {
  let depth = 0
  for (let at = index - 1; at >= 0; at -= 1) {
    const token = tokens[at] as string
    if (token === ')' || token === '}') depth += 1
    else if (token in CLOSES) {
      if (depth === 0) return token
      depth -= 1
    }
  }
  return null
}

/** Whether it stands in the list after `by`, `on` or the like. */
function isGrouped(tokens: readonly string[], index: number): boolean {
  const start = tokens.lastIndexOf('(', index)
  return start > 0 && tokens.indexOf(')', start) > index && GROUPING.has(tokens[start - 1] as string)
}

/** `rate(…)`, and `sum by (…) (…)`. */
function isFunction(tokens: readonly string[], index: number): boolean {
  const next = tokens[index + 1] ?? ''
  return next === '(' || next === 'by' || next === 'without'
}

function matchersAfter(tokens: readonly string[], index: number): string[] {
  if (tokens[index + 1] !== '{') return []
  const inside = tokens.slice(index + 2, tokens.indexOf('}', index))
  return inside.filter((token, at) => IDENTIFIER.test(token) && (at === 0 || inside[at - 1] === ','))
}

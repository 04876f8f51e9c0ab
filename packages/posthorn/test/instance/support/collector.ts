import { startTarget } from '../../../src/testing/target.ts'

export interface CollectedSpan {
  readonly name: string
  readonly kind: number
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly error: string | null
  readonly attributes: Readonly<Record<string, string>>
}

interface Attribute {
  readonly key: string
  readonly value: { readonly stringValue?: string; readonly intValue?: number | string }
}

interface WireSpan {
  readonly name: string
  readonly kind: number
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly attributes: readonly Attribute[]
  readonly status: { readonly code?: number; readonly message?: string }
}

interface WirePoint {
  readonly attributes: readonly Attribute[]
  readonly asDouble?: number
  readonly count?: number | string
}

interface WireMetric {
  readonly name: string
  readonly sum?: { readonly dataPoints: readonly WirePoint[] }
  readonly gauge?: { readonly dataPoints: readonly WirePoint[] }
  readonly histogram?: { readonly dataPoints: readonly WirePoint[] }
}

/** A collector that takes OTLP over HTTP and remembers what it was told, as JSON. */
export async function startCollector() {
  const target = await startTarget()
  const resources = (path: string) =>
    target.requests
      .filter((request) => request.path === path)
      .map(({ body }) => JSON.parse(Buffer.from(body).toString()))
  return {
    target,
    /** Without its last slash. */
    url: target.url.replace(/\/$/, ''),
    spans: (): CollectedSpan[] =>
      resources('/v1/traces').flatMap(({ resourceSpans }) =>
        resourceSpans.flatMap(({ scopeSpans }: { scopeSpans: Array<{ spans: WireSpan[] }> }) =>
          scopeSpans.flatMap(({ spans }) => spans.map(spanOf)),
        ),
      ),
    /** Newest value of each series: `name{key=value}`. */
    metrics: (): Map<string, number> =>
      new Map(
        resources('/v1/metrics').flatMap(({ resourceMetrics }) =>
          resourceMetrics.flatMap(({ scopeMetrics }: { scopeMetrics: Array<{ metrics: WireMetric[] }> }) =>
            scopeMetrics.flatMap(({ metrics }) => metrics.flatMap(valuesOf)),
          ),
        ),
      ),
    /** Attributes of the resource, of the last push to a path. */
    resource: (path: string): Record<string, string> => {
      const last = resources(path).at(-1)
      const [first] = last.resourceSpans ?? last.resourceMetrics
      return plain(first.resource.attributes)
    },
    [Symbol.asyncDispose]: () => target.close(),
  }
}

function spanOf({
  name,
  kind,
  traceId,
  spanId,
  parentSpanId = '',
  attributes,
  status,
}: WireSpan): CollectedSpan {
  const error = status.code === 2 ? (status.message ?? '') : null
  return { name, kind, traceId, spanId, parentSpanId, error, attributes: plain(attributes) }
}

function valuesOf({ name, sum, gauge, histogram }: WireMetric): Array<[series: string, value: number]> {
  const points = (sum ?? gauge ?? histogram)?.dataPoints ?? []
  return points.map(({ attributes, asDouble, count }) => {
    const labels = Object.entries(plain(attributes)).map(([key, value]) => `${key}=${value}`)
    return [`${name}{${labels.join(',')}}`, Number(asDouble ?? count)]
  })
}

function plain(attributes: readonly Attribute[]): Record<string, string> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, String(value.stringValue ?? value.intValue)]),
  )
}

/** Sets variables of this process until it is disposed of; those that begin with `OTEL_` and are not given are unset. */
export function environment(variables: Readonly<Record<string, string>>): Disposable {
  const before = { ...process.env }
  for (const name of Object.keys(process.env)) if (name.startsWith('OTEL_')) delete process.env[name]
  Object.assign(process.env, variables)
  return {
    [Symbol.dispose]: () => {
      for (const name of Object.keys(variables)) delete process.env[name]
      Object.assign(process.env, before)
    },
  }
}

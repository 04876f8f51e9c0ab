import { GAUGES, METRICS } from '../../packages/posthorn/src/instance/metrics.ts'
import { code, pageHead, table } from './markdown.ts'

export function metricsPage(): string {
  const counted = Object.entries(METRICS).map(([name, { kind, about }]) => [code(name), kind, about])
  const gauges = Object.entries(GAUGES).map(([name, about]) => [code(name), 'gauge', about])
  return `${pageHead('Metrics', '`packages/posthorn/src/instance/metrics.ts`')}
\`GET /metrics\` tells them in the text format of Prometheus, where a dot becomes \`_\` and a counter ends in \`_total\`:
\`webhook.published\` is \`webhook_published_total\`. Without a key only from the loopback interface; from elsewhere, or
through a proxy, with an admin key.

${table(['metric', 'kind', 'meaning'], [...counted, ...gauges])}
`
}

import { METRICS, type MetricDescription } from '../../packages/posthorn/src/instance/metrics.ts'
import { code, pageHead, table } from './markdown.ts'

export function metricsPage(): string {
  const rows = Object.entries<MetricDescription>(METRICS).map(([name, { kind, by, about }]) => [
    code(name),
    kind,
    by.map(code).join(' '),
    about,
  ])
  return `${pageHead('Metrics', '`packages/posthorn/src/instance/metrics.ts`')}
\`GET /metrics\` tells them in the text format of Prometheus, where a dot becomes \`_\` and a counter ends in \`_total\`:
\`webhook.published\` is \`webhook_published_total\`. Without a key only from the loopback interface; from elsewhere, or
through a proxy, with an admin key. [Watching](../operating/watching.md) says how to push them, and has alert rules and a
dashboard.

\`target\` is what a delivery was for: \`handler\` or \`subscription\`. \`source\` is the id of a source. There are at most 200
event types and 200 sources; later ones are \`other\` until the next start.

${table(['metric', 'kind', 'by', 'meaning'], rows)}
`
}

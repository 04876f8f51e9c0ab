/**
 * `npm run bench [PART …]`: the figures of the README, each beside its ceiling from the same run. Everything is on
 * loopback, in processes that this one starts and stops, and bounded in count. `--quick` only shows that it works.
 */
import { cpus } from 'node:os'
import { type Row, table } from './figures.ts'
import { claims } from './parts/claims.ts'
import { openConsole } from './parts/console.ts'
import { fanout } from './parts/fanout.ts'
import { history } from './parts/history.ts'
import { isolation } from './parts/isolation.ts'
import { latency } from './parts/latency.ts'
import { queues } from './parts/queues.ts'
import { receive } from './parts/receive.ts'
import { sources } from './parts/sources.ts'
import { start } from './parts/start.ts'
import { statements } from './parts/statements.ts'
import { tenants } from './parts/tenants.ts'
import { throughput } from './parts/throughput.ts'
import { verify } from './parts/verify.ts'
import { QUICK } from './scale.ts'

const PARTS: Readonly<Record<string, () => Promise<Row[]>>> = {
  throughput,
  latency,
  claims,
  history,
  isolation,
  receive,
  queues,
  statements,
  tenants,
  fanout,
  sources,
  verify,
  start,
  console: openConsole,
}

const asked = process.argv.slice(2).filter((argument) => argument !== '--quick')
const unknown = asked.filter((name) => !(name in PARTS))
if (unknown.length > 0) {
  console.error(`There is no part ${unknown.join(', ')}. The parts are ${Object.keys(PARTS).join(', ')}.`)
  process.exit(2)
}
console.log(`Node ${process.version}, ${cpus().length} processors, ${cpus()[0]?.model ?? 'unknown'}\n`)
if (QUICK) console.log('A quick run: its figures say nothing.\n')
const rows: Row[] = []
for (const [name, part] of Object.entries(PARTS)) {
  if (asked.length > 0 && !asked.includes(name)) continue
  console.error(`measuring ${name} …`)
  rows.push(...(await part()))
}
console.log(table(rows))

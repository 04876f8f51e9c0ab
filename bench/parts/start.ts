/** (6) From the start of `posthorn serve` to its line that it listens. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fixed, median, type Row } from '../figures.ts'
import { rounds } from '../scale.ts'

const ROUNDS = rounds(5)
const BIN = fileURLToPath(new URL('../../packages/posthorn/bin/posthorn.js', import.meta.url))

export async function start(): Promise<Row[]> {
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) times.push(await startMs())
  const ms = median(times)
  return [
    {
      what: 'start to ready, first start',
      figure: `${fixed(ms / 1000)} s`,
      ceiling: `${fixed(Math.min(...times) / 1000)} s at best`,
      ratio: '',
      goal: '≤ 1 s',
      met: ms <= 1000,
    },
  ]
}

async function startMs(): Promise<number> {
  const dataDir = await mkdtemp(join(tmpdir(), 'posthorn-bench-'))
  const started = performance.now()
  const server = spawn(process.execPath, [BIN, 'serve', '--port', '0', '--data-dir', dataDir], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const exited = once(server, 'exit')
  await Promise.race([
    once(server.stdout, 'data'),
    exited.then(() => Promise.reject(new Error('serve ended before it listened'))),
  ])
  const ms = performance.now() - started
  server.kill('SIGTERM')
  await exited
  await rm(dataDir, { recursive: true, force: true })
  return ms
}

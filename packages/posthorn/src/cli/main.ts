import { wakefulClock } from '../system/clock.ts'
import { SystemRandom } from '../system/random.ts'
import { Output, processStreams } from './output.ts'
import { run } from './run.ts'
import { StopSignals } from './signals.ts'

/**
 * The process of the command line: runs what it was called with, and ends with an exit code.
 * @param argv as in `process.argv`
 */
export async function main(argv: readonly string[]): Promise<void> {
  const output = new Output(processStreams(), process.env)
  output.closed.addEventListener('abort', () => process.exit(0))
  const code = await run(argv.slice(2), {
    output,
    env: process.env,
    stdin: process.stdin,
    clock: wakefulClock,
    random: new SystemRandom(),
    signals: new StopSignals(process, wakefulClock),
  })
  await output.flush()
  // Not left to the event loop: an idle socket or a stdin that nobody closes would keep a finished command waiting.
  process.exit(code)
}

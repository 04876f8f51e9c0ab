/** Targets of the end-to-end tests: the published test target, with waits that end. */
import { createHash } from 'node:crypto'
import type { RecordedRequest, Target } from '../../packages/posthorn/src/testing/target.ts'
import { within } from './until.ts'

export { type RecordedRequest, startTarget, type Target } from '../../packages/posthorn/src/testing/target.ts'
export { type Answer, answers } from '../../packages/posthorn/src/testing/target-answers.ts'

/** Resolves when so many requests have come in all. */
export function arrived(
  target: Target,
  count: number,
  timeoutMs = 20_000,
): Promise<readonly RecordedRequest[]> {
  const soFar = () => `${target.requests.length} of ${count} requests at the target`
  return within(`${count} requests at the target`, target.waitFor(count), timeoutMs).catch((error: Error) => {
    throw new Error(`${error.message} (${soFar()})`)
  })
}

/** The first request that no earlier call has returned. */
export function nextRequest(target: Target, timeoutMs = 15_000): Promise<RecordedRequest> {
  return within('another request at the target', target.next(), timeoutMs)
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Header names in lower case; the last of several wins, which a test must not have. */
export function headersOf(request: RecordedRequest): Record<string, string> {
  return Object.fromEntries(request.headers.map(([name, value]) => [name.toLowerCase(), value]))
}

import type { IncomingMessage } from 'node:http'
import type { Random } from '../../ports/random.ts'
import { REQUEST_ID_HEADER } from '../contract/operations.ts'

const SANE = /^[A-Za-z0-9._:-]{1,64}$/
const OTHER_HEADER = 'x-request-id'

/** The caller's id where it is sane; else the process's own random prefix and a counter: no random bytes a request. */
export function makeRequestIds(random: Random): (request: Pick<IncomingMessage, 'headers'>) => string {
  const prefix = `req_${Buffer.from(random.bytes(8)).toString('hex')}-`
  let count = 0
  return ({ headers }) => {
    const given = headers[REQUEST_ID_HEADER] ?? headers[OTHER_HEADER]
    if (typeof given === 'string' && SANE.test(given)) return given
    count += 1
    return prefix + count.toString(36)
  }
}

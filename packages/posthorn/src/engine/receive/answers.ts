import type { ProviderAnswer } from '@posthorn/receiver/providers'
import type { RequestId } from '../../domain/ids.ts'
import type { InboundAnswer } from './way-in.ts'

/** Under which id a request is kept, in every answer to one that is. */
const REQUEST_HEADER = 'posthorn-request'

/** An answer of ours: a stable code, as JSON, that says what kind of answer it is and never why exactly. */
export function errorAnswer(
  status: number,
  error: string,
  headers: Readonly<Record<string, string>> = {},
): InboundAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ error }),
  }
}

/** @param id null: it is not kept */
export function withRequestId(answer: ProviderAnswer, id: RequestId | null): InboundAnswer {
  return id === null ? answer : { ...answer, headers: { ...answer.headers, [REQUEST_HEADER]: id } }
}

/** The sender should try again. */
export function laterAnswer(error: string, retryAfterS: number): InboundAnswer {
  return errorAnswer(503, error, { 'retry-after': String(Math.max(1, Math.ceil(retryAfterS))) })
}

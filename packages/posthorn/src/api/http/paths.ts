import { INGEST_METHODS, INGEST_PATH } from '../contract/ingest.ts'
import { split } from '../contract/openapi.ts'
import { OPERATIONS, type OperationId } from '../contract/operations.ts'

const ROUTES = (Object.keys(OPERATIONS) as OperationId[]).map((id) => {
  const [method, path] = split(id)
  return { method, pattern: patternOf(path) }
})
const INGEST = patternOf(INGEST_PATH)

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`)
}

/** The methods that a path takes; empty when there is no such path. HEAD goes with GET. */
export function allowedMethods(path: string): string[] {
  // There GET is a question like any other, and nobody asks by HEAD.
  if (INGEST.test(path)) return [...INGEST_METHODS]
  const methods = ROUTES.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
  return [...new Set(methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))]
}

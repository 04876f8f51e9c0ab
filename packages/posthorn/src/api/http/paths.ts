import { split } from '../contract/openapi.ts'
import { OPERATIONS, type OperationId } from '../contract/operations.ts'

const ROUTES = (Object.keys(OPERATIONS) as OperationId[]).map((id) => {
  const [method, path] = split(id)
  return { method, pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`) }
})

/** The methods that a path takes; empty when there is no such path. HEAD goes with GET. */
export function allowedMethods(path: string): string[] {
  const methods = ROUTES.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
  return [...new Set(methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))]
}

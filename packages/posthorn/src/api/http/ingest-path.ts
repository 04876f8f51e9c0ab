/** Where providers send to, at the root: short, and not below the API, whose keys and limits do not hold there. */
export const INGEST_ROOT = '/in'

export function ingestPath(sourceId: string): string {
  return `${INGEST_ROOT}/${sourceId}`
}

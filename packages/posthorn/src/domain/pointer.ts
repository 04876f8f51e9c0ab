/** A JSON Pointer (RFC 6901) to a place in a body: `pointer('headers', 'x-a')` is `/headers/x-a`. */
export function pointer(...steps: ReadonlyArray<string | number>): string {
  return steps.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** Such a pointer as people write a place: `events[1]`, `when.above`. */
export function inWords(path: string): string {
  if (!path.startsWith('/')) return path
  return path
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((place, step) => (/^\d+$/.test(step) ? `${place}[${step}]` : `${place}.${step}`))
}

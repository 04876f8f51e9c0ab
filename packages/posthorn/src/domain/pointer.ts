/** A JSON Pointer (RFC 6901) to a place in a body: `pointer('headers', 'x-a')` is `/headers/x-a`. */
export function pointer(...steps: ReadonlyArray<string | number>): string {
  return steps.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

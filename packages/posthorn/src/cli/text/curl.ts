/** A word of a POSIX shell that stands for exactly this text. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

export interface CurlRequest {
  readonly url: string
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  /** JSON or text in the line itself, or `@FILE`, or `@-`; null: a GET. */
  readonly data: string | null
}

/** A request as a line to copy and paste, on several lines. */
export function curlText({ url, headers, data }: CurlRequest): string {
  const options = [
    ...headers.map(([name, value]) => `-H ${shellWord(`${name}: ${value}`)}`),
    ...(data === null ? [] : [`--data-binary ${shellWord(data)}`]),
  ]
  return [`curl -sS ${shellWord(url)}`, ...options].join(' \\\n  ')
}

/** An HTTP answer, before an adapter writes it. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | undefined
}

/** An answer of ours with a stable code, as JSON. Codes say what kind of refusal it is, never why exactly. */
export function errorAnswer(status: number, error: string, headers: Record<string, string> = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ error }),
  }
}

/** Server-sent events from a body, message by message. */

export interface LiveMessage {
  /** `delivery`, `event`, `overview` or `changed`. */
  readonly event: string
  /** To be given as `last-event-id` the next time. */
  readonly id: string
  /** The row, as in lists. */
  readonly data: unknown
}

export async function* readMessages(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<LiveMessage, void, undefined> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      text += decoder.decode(value, { stream: true })
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const message = read(text.slice(0, end))
        text = text.slice(end + 2)
        if (message !== null) yield message
      }
    }
  } finally {
    // Whoever stops listening closes the connection.
    await reader.cancel().catch(() => undefined)
  }
}

/** null: a comment, or what only concerns the connection. */
function read(block: string): LiveMessage | null {
  const fields = new Map<string, string>()
  for (const line of block.split('\n')) {
    const colon = line.indexOf(': ')
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 2))
  }
  const data = fields.get('data')
  if (data === undefined) return null
  return { event: fields.get('event') ?? 'message', id: fields.get('id') ?? '', data: JSON.parse(data) }
}

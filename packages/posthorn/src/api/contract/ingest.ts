/**
 * Where providers send to. No operation of the API: it takes no key, its bodies are the providers', and its answers are
 * what each provider wants to hear. Documented beside the operations.
 */
export const INGEST_PATH = '/in/{source_id}'

const ANSWERS: Readonly<Record<number, string>> = {
  200: 'Stored, or a duplicate, or the answer to a question; some providers want another 2xx.',
  401: 'Not verified; some providers want another status.',
  403: 'Not let in: the address, no TLS, or another tenant than expected.',
  404: 'There is no such source, or it is not active.',
  405: 'The provider asks no questions by this method.',
  413: 'Larger than `body_limit_bytes` of the source.',
  422: 'Does not fit the schema of its event type.',
  429: 'More than the rate limits of the source allow.',
  500: 'Could not be verified by a fault on this side.',
  503: 'Could not be stored; to be sent again.',
}

const METHODS = {
  POST: [
    'receiveWebhook',
    'Webhooks of a provider, and its questions',
    'Raw bytes of any content type. Verified, deduplicated, stored, and only then answered; `posthorn-request` names the stored request.',
  ],
  GET: ['answerProvider', 'Questions that a provider asks by GET', 'Such as those of Meta and Dropbox.'],
  OPTIONS: ['allowSender', 'Questions that a provider asks by OPTIONS', 'CloudEvents: may it send here?'],
} as const

export const INGEST_METHODS = Object.keys(METHODS) as Array<keyof typeof METHODS>

/** The path item for OpenAPI. */
export function ingestPathItem(): Record<string, unknown> {
  const parameter = { name: 'source_id', in: 'path', required: true, description: 'The id of the source.' }
  const entries = Object.entries(METHODS).map(([method, [operationId, summary, description]]) => [
    method.toLowerCase(),
    {
      ...{ operationId, tags: ['Receiving'], summary, description, security: [] },
      parameters: [{ ...parameter, schema: { type: 'string' } }],
      responses: Object.fromEntries(
        Object.entries(ANSWERS).map(([status, text]) => [status, { description: text }]),
      ),
    },
  ])
  return Object.fromEntries(entries)
}

/** For the reference: each method with what it is for, then each status. */
export const INGEST_TEXTS = { methods: METHODS, answers: ANSWERS }

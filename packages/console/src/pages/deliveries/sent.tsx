import type { Result, Row } from 'posthorn/client'
import type { ReactElement } from 'react'
import { useAsk } from '../../data/queries.ts'
import { Body } from '../../parts/body.tsx'
import { Code } from '../../parts/code.tsx'
import { CopyButton } from '../../parts/copy-button.tsx'
import { Note, Problem } from '../../parts/note.tsx'
import { curlText, shellWord } from '../../text/curl.ts'
import { plural } from '../../text/number.ts'
import { verifyCode } from '../../text/verify-code.ts'

export type AttemptRow = Row<'listAttempts'>

interface SentProps {
  readonly deliveryId: string
  readonly subscriptionId: string | null
  readonly attempt: AttemptRow
}

type Sent = NonNullable<AttemptRow['request']>
type Headers = Sent['headers']
type SentBody = Result<'getRequestBody'>

/** What curl makes itself, and would make twice. */
const OF_THE_CONNECTION = new Set([
  'host',
  'content-length',
  'connection',
  'accept-encoding',
  'transfer-encoding',
])

/** The request of an attempt as it was sent, to be read and to be sent or verified elsewhere. */
export function SentRequest({ deliveryId, subscriptionId, attempt }: SentProps): ReactElement {
  const { request, started_at } = attempt
  const body = useAsk('getRequestBody', { params: { id: deliveryId } }, { enabled: request !== null })
  if (request === null) return <Note>Nothing was sent.</Note>
  if (body.error) return <Problem error={body.error} retry={() => void body.refetch()} />
  const sent = body.data
  return (
    <>
      {sent && (
        <div className="line">
          <CopyButton label="Copy the request as curl" size="usual" text={() => curlOf(request, sent)} />
          {subscriptionId !== null && (
            <CopyCode subscriptionId={subscriptionId} request={request} sent={sent} at={started_at} />
          )}
        </div>
      )}
      <Code label="Request" text={`POST ${request.url}\n\n${headersText(request)}`} />
      {sent === undefined ? (
        <p className="muted small">Loading …</p>
      ) : (
        <Body label="Request body" text={sent.body} base64={sent.body_base64} />
      )}
    </>
  )
}

interface CopyCodeProps {
  readonly subscriptionId: string
  readonly request: Sent
  readonly sent: SentBody
  readonly at: string
}

function CopyCode({ subscriptionId, request, sent, at }: CopyCodeProps): ReactElement | null {
  const { data } = useAsk('getSubscription', { params: { id: subscriptionId } })
  if (data === undefined) return null
  const { scheme, header_prefix } = data.signature
  const code = () =>
    verifyCode({
      scheme,
      headerPrefix: header_prefix,
      headers: shownOf(request.headers).filter(([name]) => !OF_THE_CONNECTION.has(name)),
      body: sent.body,
      base64: sent.body_base64,
      at,
    })
  return <CopyButton label="Copy code that verifies this" size="usual" text={code} />
}

/** Each on its line, and what is kept from the reader. */
export function headersText({ headers, headers_omitted }: Omit<Sent, 'url'>): string {
  const lines = headers.map(({ name, value }) => `${name}: ${value ?? '(hidden)'}`)
  return [...lines, ...(headers_omitted > 0 ? [`(and ${plural(headers_omitted, 'more header')})`] : [])].join(
    '\n',
  )
}

function shownOf(headers: Headers): Array<readonly [string, string]> {
  return headers.flatMap(({ name, value }) => (value === null ? [] : [[name, value] as const]))
}

function curlOf({ url, headers }: Sent, { body, body_base64 }: SentBody): string {
  const sendable = headers
    .filter(({ name }) => !OF_THE_CONNECTION.has(name))
    .map(({ name, value }) => [name, value ?? 'PUT-THE-HIDDEN-VALUE-HERE'] as const)
  if (body_base64 === null) return curlText({ url, headers: sendable, body })
  // The shell keeps no NUL: the bytes go through a pipe.
  const rest = curlText({ url, headers: sendable })
  return `printf %s ${shellWord(body_base64)} | base64 -d | ${rest} \\\n  --data-binary @-`
}

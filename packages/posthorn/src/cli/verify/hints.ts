import {
  createReceiver,
  github,
  OUTBOUND_SCHEME_NAMES,
  outboundScheme,
  ReceiverConfigError,
  type ReceiverOptions,
  type Refusal,
  type SignatureScheme,
  schemeHeaderNames,
  standardWebhooks,
  stripe,
  type VerifyRequest,
} from '@posthorn/receiver'

/** The largest tolerance: for asking "would it fit, but for the time?". */
const DAY_S = 86_400

/**
 * Tries the usual mistakes with a request that was refused, and says which of them it is. Only for a person who holds
 * the secret: a server must never answer this.
 */
export async function hints(
  options: ReceiverOptions,
  request: VerifyRequest,
  { reason }: Refusal,
): Promise<readonly string[]> {
  if (reason.startsWith('timestamp_')) return await hintsOnTime(options, request)
  if (!reason.startsWith('signature_')) return []
  const found = [...(await hintsOnBody(options, request)), ...(await hintsOnScheme(options, request))]
  if (found.length > 0 || reason !== 'signature_mismatch') return found
  return [
    'Usual causes: the secret of another subscription or environment, or a body that was parsed and written again; verify the raw bytes.',
  ]
}

async function hintsOnTime(options: ReceiverOptions, request: VerifyRequest): Promise<string[]> {
  const at = timestampIn(options.scheme, request)
  if (at === null) return []
  const fits = await verifies({ ...options, clock: () => at }, request)
  return [
    fits
      ? 'But for the time the signature fits. Verify an old request with --at TIME; else set the clocks right.'
      : 'Even at the time of its time stamp the signature does not fit.',
  ]
}

/** The first number that looks like an instant in the headers of the scheme; epoch milliseconds. */
function timestampIn(scheme: SignatureScheme, { headers }: VerifyRequest): number | null {
  const names = schemeHeaderNames(scheme)
  for (const [name, value] of headers as ReadonlyArray<readonly [string, string]>) {
    if (!names.includes(name.toLowerCase())) continue
    const match = /(?<![0-9A-Za-z])\d{9,14}(?![0-9A-Za-z])/.exec(value)
    if (match) return Number(match[0]) * (scheme.timestamp?.unit === 'ms' ? 1 : 1000)
  }
  return null
}

async function hintsOnBody(options: ReceiverOptions, request: VerifyRequest): Promise<string[]> {
  const { body } = request
  const text = Buffer.from(body).toString('utf8')
  const tries: ReadonlyArray<readonly [bytes: Uint8Array | null, hint: string]> = [
    [
      /\r?\n$/.test(text) ? Buffer.from(text.replace(/\r?\n$/, '')) : null,
      'It fits without the line break at the end of the file, which an editor or `echo` added: write it with `printf %s`, or save the raw body.',
    ],
    [Buffer.from(`${text}\n`), 'It fits with a line break at the end, which the file has lost.'],
    [
      Buffer.from(text.replaceAll('\r\n', '\n')),
      'It fits with the line breaks \\n instead of \\r\\n: the file was converted.',
    ],
    [
      compact(text),
      'It fits the same JSON without blanks: the body was parsed and written again. Verify the raw bytes.',
    ],
  ]
  for (const [bytes, hint] of tries)
    if (bytes !== null && (await verifies(options, { ...request, body: bytes }))) return [hint]
  return []
}

function compact(text: string): Uint8Array | null {
  try {
    return Buffer.from(JSON.stringify(JSON.parse(text)))
  } catch {
    return null
  }
}

async function hintsOnScheme(options: ReceiverOptions, request: VerifyRequest): Promise<string[]> {
  const others = [
    ...OUTBOUND_SCHEME_NAMES.map((name) => outboundScheme(name)),
    standardWebhooks(),
    stripe(),
    github(),
  ]
  for (const scheme of others)
    if (
      scheme.name !== options.scheme.name &&
      (await verifies({ ...options, scheme, toleranceS: undefined }, request))
    )
      return [`It fits the scheme "${scheme.name}": use --scheme ${scheme.name}.`]
  return []
}

/** Whether it fits, the time stamp apart by up to a day. */
async function verifies(options: ReceiverOptions, request: VerifyRequest): Promise<boolean> {
  try {
    const toleranceS = options.scheme.timestamp ? DAY_S : undefined
    return (await createReceiver({ ...options, toleranceS }).verify(request)).ok
  } catch (error) {
    // A secret that does not even have the form of the other scheme.
    if (error instanceof ReceiverConfigError) return false
    throw error
  }
}

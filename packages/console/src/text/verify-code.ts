import { visible } from './visible.ts'

/** A program that verifies one request as it was sent, with the receiver's library. */
export interface VerifyCode {
  readonly scheme: string
  readonly headerPrefix: string
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  readonly body: string
  /** The very bytes, where the text is not faithful. */
  readonly base64: string | null
  /** When it was sent: its time stamp is old by now. */
  readonly at: string
}

export function verifyCode({ scheme, headerPrefix, headers, body, base64, at }: VerifyCode): string {
  const named = scheme.startsWith('standard') ? '' : `, { headerPrefix: ${text(headerPrefix)} }`
  const secret = scheme === 'standard-ed25519' ? 'the public key, whpk_…' : 'the signing secret'
  const bytes =
    base64 === null
      ? `new TextEncoder().encode(${text(body)})`
      : `Uint8Array.from(atob(${text(base64)}), (char) => char.charCodeAt(0))`
  return `// npm install @posthorn/receiver
// SECRET='${secret}' node verify.mjs
import { createReceiver, outboundScheme } from '@posthorn/receiver'

const receiver = createReceiver({
  scheme: outboundScheme(${text(scheme)}${named}),
  secrets: [process.env.SECRET],
  // When it was sent. Leave this out for requests that have just come: old ones are refused.
  clock: () => Date.parse(${text(at)}),
})
const headers = {
${headers.map(([name, value]) => `  ${text(name)}: ${text(value)},`).join('\n')}
}
const body = ${bytes}

const result = await receiver.verify({ headers, body })
console.log(result.ok ? \`verified: \${result.id}\` : \`refused: \${result.reason}\`)
`
}

/** A literal in which everything can be seen: marks of direction would make the code read otherwise than it runs. */
function text(value: string): string {
  return visible(JSON.stringify(value))
}

import { decodeSignature } from '../../encoding.ts'
import { quoted, refusal } from '../../verify/refusal.ts'
import { certificates } from '../keys/certificates.ts'
import { ownText, type ProviderCode, pinnedUrl } from './code.ts'
import { verifyByCode } from './verify-by-code.ts'

export const SNS_HOST = /^sns\.[a-z0-9-]{3,30}\.amazonaws\.com(?:\.cn)?$/
const KEY_URLS = { host: SNS_HOST, path: /^\/[A-Za-z0-9_-]+\.pem$/ }

const SIGNED: Readonly<Record<string, readonly string[]>> = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  SubscriptionConfirmation: [
    'Message',
    'MessageId',
    'SubscribeURL',
    'Timestamp',
    'Token',
    'TopicArn',
    'Type',
  ],
  UnsubscribeConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
}
const ALGORITHMS = { '1': 'rsa-sha1', '2': 'rsa-sha256' } as const

/**
 * `Name\nValue\n` for each signed field, RSA with SHA-1 (version 1, the default) or SHA-256. Anybody with an account
 * can have AWS sign for his own topic, so the topic must be on the list before anything else is looked at.
 */
export const snsCode: ProviderCode = {
  verifier: verifyByCode,
  headers: [],
  keyUrls: certificates(KEY_URLS),
  read({ payload, settings }) {
    const message = payload()
    const type = ownText(message, 'Type') ?? ''
    const names = Object.hasOwn(SIGNED, type) ? SIGNED[type] : undefined
    if (!names) return refusal('body_malformed', `"Type" is ${quoted(type)}: raw delivery has no signature`)
    const topic = ownText(message, 'TopicArn') ?? ''
    if (!(settings.topicArns ?? []).includes(topic))
      return refusal('not_allowed', `topic ${quoted(topic)} is not among the topicArns`)
    const version = ownText(message, 'SignatureVersion')
    if (version !== '1' && version !== '2')
      return refusal('signature_unsupported', `"SignatureVersion" is ${quoted(String(version))}`)
    const text = ownText(message, 'Signature')
    if (!text) return refusal('signature_missing', 'no "Signature" in the body')
    const signature = decodeSignature(text, 'base64')
    if (!signature) return refusal('signature_malformed', 'the signature is not base64')
    const certificate = ownText(message, 'SigningCertURL') ?? ''
    const keyUrl = pinnedUrl(KEY_URLS, certificate)
    if (!keyUrl) return refusal('key_refused', `${quoted(certificate)} is no certificate of SNS`)
    let content = ''
    for (const name of names) {
      const value = ownText(message, name)
      if (value === undefined && name !== 'Subject')
        return refusal('body_malformed', `"${name}" must be a text`)
      if (value !== undefined) content += `${name}\n${value}\n`
    }
    const time = Date.parse(ownText(message, 'Timestamp') ?? '')
    return {
      ok: true,
      checks: [{ contents: [[content]], signatures: [signature] }],
      keyUrl,
      algorithm: ALGORITHMS[version],
      timestampMs: Number.isNaN(time) ? undefined : time,
    }
  },
}

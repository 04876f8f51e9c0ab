/** Handshakes that are signed like an event, and so are answered after verification. */
import { webCrypto } from '../crypto/web.ts'
import { utf8 } from '../encoding.ts'
import type { Handshake } from './handshake.ts'
import { jsonAnswer, jsonBody, refusedAnswer } from './parts.ts'

// Without a colon it can never be the `v0:time:body` that Zoom's requests are signed over: an answer to a chosen token
// must not be a signature for a chosen request.
const PLAIN_TOKEN = /^[A-Za-z0-9_-]{1,128}$/

/** `endpoint.url_validation`: the token and its HMAC with the first secret. https://developers.zoom.us/docs/api/webhooks/ */
export const zoomHandshake: Handshake = {
  method: 'POST',
  when: 'after',
  async answer(request, { verified, secrets, crypto }) {
    const asked = verified ? jsonBody(request) : undefined
    if (asked?.event !== 'endpoint.url_validation') return null
    const { plainToken } = (asked.payload ?? {}) as { plainToken?: unknown }
    const secret = secrets?.[0]
    if (typeof plainToken !== 'string' || !PLAIN_TOKEN.test(plainToken) || !secret) return refusedAnswer()
    const key = (crypto ?? webCrypto()).prepareKey('hmac-sha256', { kind: 'bytes', bytes: utf8(secret) })
    return jsonAnswer({ plainToken, encryptedToken: await key.sign([plainToken], 'hex') })
  },
}

/** PING of interactions has type 1: `{"type":1}`. */
export const discordInteractionsHandshake: Handshake = {
  method: 'POST',
  when: 'after',
  answer(request, { verified }) {
    return verified && jsonBody(request)?.type === 1 ? jsonAnswer({ type: 1 }) : null
  },
}

/** PING of webhook events has type 0: 204 and nothing else. */
export const discordEventsHandshake: Handshake = {
  method: 'POST',
  when: 'after',
  answer(request, { verified }) {
    return verified && jsonBody(request)?.type === 0 ? { status: 204 } : null
  },
}

/** Intent to receive: several requests without events, some signed wrongly. 200 or 401, and never a body. */
export const xeroHandshake: Handshake = {
  method: 'POST',
  when: 'after',
  answer(request, { verified }) {
    if (!verified) return { status: 401, body: '' }
    const events = jsonBody(request)?.events
    return Array.isArray(events) && events.length === 0 ? { status: 200, body: '' } : null
  },
}

/** Handshakes that send a value back. */
import { constantTimeEqual, utf8 } from '../encoding.ts'
import type { Handshake } from './handshake.ts'
import {
  headerValue,
  isEchoable,
  jsonAnswer,
  jsonBody,
  plainAnswer,
  queryValue,
  refusedAnswer,
} from './parts.ts'

// Vendors' challenges have 10 to 300 characters; Microsoft's is a sentence.
const MAX_CHALLENGE = 1024

/** `{"type":"url_verification","challenge"}`, signed: the challenge as text. https://docs.slack.dev/reference/events/url_verification */
export const slackHandshake: Handshake = {
  method: 'POST',
  when: 'after',
  answer(request, { verified }) {
    const asked = verified ? jsonBody(request) : undefined
    if (asked?.type !== 'url_verification') return null
    return isEchoable(asked.challenge, MAX_CHALLENGE) ? plainAnswer(asked.challenge) : refusedAnswer()
  },
}

/** GET with `hub.mode=subscribe`: the challenge, if the verify token is ours. */
export const metaHandshake: Handshake = {
  method: 'GET',
  when: 'before',
  answer(request, { verifyToken }) {
    if (request.method !== 'GET' || queryValue(request, 'hub.mode') === undefined) return null
    const [mode, token, challenge] = ['hub.mode', 'hub.verify_token', 'hub.challenge'].map((name) =>
      queryValue(request, name),
    )
    if (mode !== 'subscribe' || !verifyToken || !token) return refusedAnswer(403)
    if (!constantTimeEqual(utf8(token), utf8(verifyToken))) return refusedAnswer(403)
    return isEchoable(challenge, MAX_CHALLENGE) ? plainAnswer(challenge) : refusedAnswer()
  },
}

/** GET with `challenge`: the challenge as text. https://www.dropbox.com/developers/reference/webhooks */
export const dropboxHandshake: Handshake = {
  method: 'GET',
  when: 'before',
  answer(request) {
    const challenge = request.method === 'GET' ? queryValue(request, 'challenge') : undefined
    if (challenge === undefined) return null
    return isEchoable(challenge, MAX_CHALLENGE) ? plainAnswer(challenge) : refusedAnswer()
  },
}

const OKTA = 'x-okta-verification-challenge'

/** One GET with the challenge in a header: `{"verification": challenge}`. */
export const oktaHandshake: Handshake = {
  method: 'GET',
  when: 'before',
  answer(request) {
    const challenge = request.method === 'GET' ? headerValue(request, OKTA) : undefined
    if (challenge === undefined) return null
    return isEchoable(challenge, MAX_CHALLENGE) ? jsonAnswer({ verification: challenge }) : refusedAnswer()
  },
}

/** POST with `validationToken` in the query and no body: the token as text. With a body it is an event: go on. */
export const graphHandshake: Handshake = {
  method: 'POST',
  when: 'before',
  answer(request) {
    const asks = request.method === 'POST' && request.body.length === 0
    const token = asks ? queryValue(request, 'validationToken') : undefined
    if (token === undefined) return null
    return isEchoable(token, MAX_CHALLENGE) ? plainAnswer(token) : refusedAnswer()
  },
}

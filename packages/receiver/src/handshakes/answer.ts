import { cloudeventsHandshake } from './cloudevents.ts'
import { dropboxHandshake, graphHandshake, metaHandshake, oktaHandshake, slackHandshake } from './echo.ts'
import type {
  Handshake,
  HandshakeAnswer,
  HandshakeContext,
  HandshakeKind,
  HandshakeRequest,
} from './handshake.ts'
import {
  discordEventsHandshake,
  discordInteractionsHandshake,
  xeroHandshake,
  zoomHandshake,
} from './signed.ts'
import { snsHandshake } from './sns.ts'

export const HANDSHAKES: Readonly<Record<HandshakeKind, Handshake>> = Object.freeze({
  slack: slackHandshake,
  zoom: zoomHandshake,
  meta: metaHandshake,
  dropbox: dropboxHandshake,
  okta: oktaHandshake,
  'ms-graph': graphHandshake,
  cloudevents: cloudeventsHandshake,
  'discord-interactions': discordInteractionsHandshake,
  'discord-events': discordEventsHandshake,
  xero: xeroHandshake,
  sns: snsHandshake,
})

/** The methods by which a provider with these handshakes comes: POST, by which events come, first. */
export function handshakeMethods(kinds: readonly HandshakeKind[]): readonly string[] {
  return [...new Set(['POST', ...kinds.map((kind) => HANDSHAKES[kind].method)])]
}

/**
 * The answer to a handshake; null when the request is none, so that it is an event. To be called twice: `before`
 * verification (for every method: GET and OPTIONS are never events), and `after` it with `verified` in the context.
 * Never rejects.
 */
export async function answerHandshake(
  kinds: readonly HandshakeKind[],
  when: 'before' | 'after',
  request: HandshakeRequest,
  context: HandshakeContext,
): Promise<HandshakeAnswer | null> {
  for (const kind of kinds) {
    const handshake = HANDSHAKES[kind]
    if (handshake.when !== when) continue
    try {
      const answer = await handshake.answer(request, context)
      if (answer) return answer
    } catch {
      // A request that cannot even be read is no handshake; verification will say what is wrong with it.
    }
  }
  return null
}

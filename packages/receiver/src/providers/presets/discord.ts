import { publicKeys } from '../../crypto/public-keys.ts'
import { body, defineProvider } from '../provider.ts'

/**
 * Ed25519 over the time stamp and the body. Discord sends wrong signatures on purpose and wants 401 for them. Its own
 * helper does not look at the time; it must be looked at, since nothing separates it from the body.
 * A command wants its reply in the answer itself: give one of your own in place of the empty 200.
 */
export const discord = defineProvider({
  name: 'discord',
  title: 'Discord interactions',
  docs: ['https://discord.com/developers/docs/interactions/overview'],
  secretHint: "The application's public key, hex.",
  publicKeys,
  scheme: {
    header: 'X-Signature-Ed25519',
    algorithm: 'ed25519',
    key: 'hex',
    encoding: 'hex',
    signed: ['timestamp', 'body'],
    timestamp: { in: { header: 'X-Signature-Timestamp' }, unit: 's' },
  },
  id: [body('id')],
  handshakes: ['discord-interactions'],
  answers: { deadlineMs: 3000 },
})

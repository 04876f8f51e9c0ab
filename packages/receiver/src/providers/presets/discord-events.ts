import { publicKeys } from '../../crypto/public-keys.ts'
import { body, defineProvider } from '../provider.ts'

/** As interactions, but the PING has type 0 and success is 204. */
export const discordEvents = defineProvider({
  name: 'discord-events',
  title: 'Discord webhook events',
  docs: ['https://discord.com/developers/docs/events/webhook-events'],
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
  type: [body('event.type')],
  handshakes: ['discord-events'],
  answers: { deadlineMs: 3000, success: { status: 204 } },
})

import { publicKeys } from '../../crypto/public-keys.ts'
import { falCode } from '../code/fal.ts'
import { body, defineProvider, header } from '../provider.ts'

/** ed25519 with keys from a set that is fetched. Tried again ten times within two hours. */
export const fal = defineProvider({
  name: 'fal',
  title: 'fal',
  docs: ['https://docs.fal.ai/model-apis/model-endpoints/webhooks'],
  secretHint: 'None: fal signs with keys that are fetched.',
  publicKeys,
  scheme: {
    header: 'X-Fal-Webhook-Signature',
    algorithm: 'ed25519',
    encoding: 'hex',
    signed: ['body'],
    timestamp: { in: { header: 'X-Fal-Webhook-Timestamp' }, unit: 's' },
  },
  code: falCode,
  settings: [
    {
      name: 'userIds',
      required: true,
      many: true,
      hint: 'the ids of the fal users whose requests may call here',
    },
  ],
  id: [header('X-Fal-Webhook-Request-Id')],
  type: [body('status')],
  answers: { deadlineMs: 15_000 },
  retrySpanS: 7200,
})

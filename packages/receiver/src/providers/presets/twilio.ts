import { twilioCode } from '../code/twilio.ts'
import { defineProvider, header } from '../provider.ts'

/**
 * The public URL and the sorted fields of the form, or the URL with the hash of the body in it. No time stamp: only the
 * idempotency token, which is not signed, tells a replay. Interactive webhooks want TwiML for an answer.
 * Answers within 15 s is what third parties say. By default nothing is tried again.
 */
export const twilio = defineProvider({
  name: 'twilio',
  title: 'Twilio',
  docs: ['https://www.twilio.com/docs/usage/webhooks/webhooks-security'],
  secretHint: "The account's primary auth token.",
  scheme: {
    header: 'X-Twilio-Signature',
    algorithm: 'hmac-sha1',
    encoding: 'base64',
    signed: ['url', 'body'],
  },
  code: twilioCode,
  id: [header('I-Twilio-Idempotency-Token')],
  answers: { deadlineMs: 15_000 },
})

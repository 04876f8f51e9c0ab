import { body, defineProvider } from '../provider.ts'
import { hubspotItems } from './hubspot-parts.ts'

/** SHA-256 of the secret and the body: no HMAC, no time stamp. Use version 3 where it is sent. */
export const hubspotV1 = defineProvider({
  name: 'hubspot-v1',
  title: 'HubSpot (version 1)',
  docs: [
    'https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation',
  ],
  secretHint: "The app's client secret.",
  scheme: { header: 'X-HubSpot-Signature', algorithm: 'sha256', signed: ['body'] },
  type: [body('subscriptionType')],
  items: hubspotItems,
  // 5 s is what third parties say; of older pages are 1 s and 2 s.
  answers: { deadlineMs: 5000, finalStatuses: [400, 401, 403, 404, 405] },
})

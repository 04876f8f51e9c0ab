import { body, defineProvider } from '../provider.ts'
import { hubspotItems, hubspotUrls } from './hubspot-parts.ts'

/** Version 3: base64 over method, URL, body and time stamp. The older versions are presets of their own, so that none of them can stand in for it. */
export const hubspot = defineProvider({
  name: 'hubspot',
  title: 'HubSpot',
  docs: [
    'https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation',
  ],
  secretHint: "The app's client secret.",
  scheme: {
    header: 'X-HubSpot-Signature-v3',
    encoding: 'base64',
    signed: ['method', 'url', 'body', 'timestamp'],
    timestamp: { in: { header: 'X-HubSpot-Request-Timestamp' }, unit: 'ms' },
  },
  urlVariants: hubspotUrls,
  type: [body('subscriptionType')],
  items: hubspotItems,
  // 5 s is what third parties say; of older pages are 1 s and 2 s.
  answers: { deadlineMs: 5000, finalStatuses: [400, 401, 403, 404, 405] },
})

import { graphCode } from '../code/graph.ts'
import { body, defineProvider } from '../provider.ts'

/**
 * Every item repeats the `clientState`; nothing is signed. Items have no id, and equal ones may come twice in earnest.
 * Tokens (`validationTokens`) and encrypted content of rich notifications are left to the handler.
 */
export const msGraph = defineProvider({
  name: 'ms-graph',
  title: 'Microsoft Graph',
  docs: ['https://learn.microsoft.com/graph/change-notifications-delivery-webhooks'],
  secretHint: 'The clientState that was given when the subscription was made.',
  scheme: { header: 'X-Client-State', algorithm: 'token', signed: [] },
  code: graphCode,
  withoutId: 'nothing',
  items: {
    paths: [['value']],
    // Beside the list stand the tokens that rich notifications are checked with.
    bytes: 'envelope',
    id: [],
    // The resource holds ids of users and mails and so makes no useful type.
    type: [body('value.0.changeType'), body('value.0.lifecycleEvent')],
  },
  handshakes: ['ms-graph'],
})

/**
 * A good request of each provider, made from the vendor's description with node:crypto alone: nothing of the package
 * takes part in the signing. All of them are derived; the vendors' own vectors are in test/vectors.
 */
import { EVENT, MILLISECONDS, type Sample, SECONDS } from './sample.ts'
import { plain, STANDARD, STANDARD_TOO, stamped, standard, token } from './samples-plain.ts'
import {
  adyen,
  adyenPlatform,
  discord,
  fal,
  graph,
  hubspot,
  mailgun,
  paypal,
  sendgrid,
  sns,
  square,
  twilio,
} from './samples-special.ts'

const dot = (stamp: string) => (body: Buffer) => [`${stamp}.`, body]
const pairs =
  (stamp: string, gap = '') =>
  (signature: string) =>
    `t=${stamp},${gap}v1=${signature}`
const v0 = {
  content: (body: Buffer) => [`v0:${SECONDS}:`, body],
  write: (signature: string) => `v0=${signature}`,
}
const meta = {
  object: 'page',
  entry: [{ id: '1', time: 2, changes: [{ field: 'feed', value: { text: 'caf\\u00e9' } }] }],
}
const whatsapp = {
  object: 'whatsapp_business_account',
  entry: [
    {
      id: '1',
      changes: [{ field: 'messages', value: { messages: [{ id: 'wamid.1' }, { id: 'wamid.2' }] } }],
    },
  ],
}
const calendly = {
  event: 'invitee.created',
  created_at: '2020-11-23T17:51:19Z',
  payload: { uri: 'https://x/1' },
}

export const SAMPLES: readonly Sample[] = [
  stamped('stripe', 'Stripe-Signature', {
    body: EVENT,
    content: dot(SECONDS),
    write: pairs(SECONDS),
    id: 'evt_1',
    type: 'order.paid',
  }),
  plain('github', 'X-Hub-Signature-256', {
    body: { action: 'opened' },
    prefix: 'sha256=',
    headers: { 'X-GitHub-Event': 'issues', 'X-GitHub-Delivery': 'guid-1' },
    id: 'guid-1',
    type: 'issues.opened',
  }),
  plain('shopify', 'X-Shopify-Hmac-Sha256', {
    encoding: 'base64',
    headers: {
      'X-Shopify-Topic': 'orders/create',
      'X-Shopify-Event-Id': 'ev-1',
      'X-Shopify-Webhook-Id': 'wh-1',
    },
    id: 'ev-1',
    type: 'orders/create',
  }),
  stamped('slack', 'X-Slack-Signature', {
    body: { type: 'event_callback', event_id: 'Ev1', event: { type: 'app_mention' } },
    headers: { 'X-Slack-Request-Timestamp': SECONDS },
    ...v0,
    id: 'Ev1',
    type: 'app_mention',
  }),
  stamped('zoom', 'x-zm-signature', {
    body: { event: 'meeting.started' },
    headers: { 'x-zm-request-timestamp': SECONDS },
    ...v0,
    type: 'meeting.started',
  }),
  stamped('linear', 'Linear-Signature', {
    body: { type: 'Issue', action: 'create', webhookTimestamp: Number(MILLISECONDS) },
    headers: { 'Linear-Delivery': 'lin-1', 'Linear-Event': 'Issue' },
    content: (body) => [body],
    write: (signature) => signature,
    id: 'lin-1',
    type: 'Issue.create',
  }),
  plain('intercom', 'X-Hub-Signature', {
    body: { id: 'notif_1', topic: 'user.created' },
    prefix: 'sha1=',
    algorithm: 'sha1',
    id: 'notif_1',
    type: 'user.created',
  }),
  plain('bitbucket', 'X-Hub-Signature', {
    prefix: 'sha256=',
    headers: { 'X-Request-UUID': 'bb-1', 'X-Event-Key': 'repo:push' },
    id: 'bb-1',
    type: 'repo:push',
  }),
  stamped('paddle', 'Paddle-Signature', {
    body: { event_id: 'evt_p', event_type: 'transaction.paid' },
    content: (body) => [`${SECONDS}:`, body],
    write: (signature) => `ts=${SECONDS};h1=${signature}`,
    id: 'evt_p',
    type: 'transaction.paid',
  }),
  plain('lemon-squeezy', 'X-Signature', {
    headers: { 'X-Event-Name': 'order_created' },
    type: 'order_created',
  }),
  plain('xero', 'x-xero-signature', {
    encoding: 'base64',
    body: {
      events: [{ eventCategory: 'CONTACT', eventType: 'UPDATE', resourceId: 'r' }],
      firstEventSequence: 1,
    },
  }),
  plain('dropbox', 'X-Dropbox-Signature', {
    body: { list_folder: { accounts: ['dbid:1', 'dbid:2'] } },
    type: 'list_folder',
  }),
  stamped('workos', 'WorkOS-Signature', {
    body: { id: 'event_1', event: 'dsync.user.created' },
    content: dot(MILLISECONDS),
    write: pairs(MILLISECONDS, ' '),
    id: 'event_1',
    type: 'dsync.user.created',
  }),
  plain('typeform', 'Typeform-Signature', {
    encoding: 'base64',
    prefix: 'sha256=',
    body: { event_id: 'tf_1', event_type: 'form_response' },
    id: 'tf_1',
    type: 'form_response',
  }),
  stamped('calendly', 'Calendly-Webhook-Signature', {
    body: calendly,
    content: dot(SECONDS),
    write: pairs(SECONDS),
    id: 'invitee.created 2020-11-23T17:51:19Z https://x/1',
    type: 'invitee.created',
  }),
  plain('docusign', 'X-DocuSign-Signature-1', {
    encoding: 'base64',
    body: { event: 'envelope-completed', generatedDateTime: 'T', data: { envelopeId: 'E' } },
    id: 'envelope-completed T E',
    type: 'envelope-completed',
  }),
  plain('meta', 'X-Hub-Signature-256', { prefix: 'sha256=', body: meta, type: 'page' }),
  plain('whatsapp', 'X-Hub-Signature-256', {
    prefix: 'sha256=',
    body: whatsapp,
    type: 'whatsapp_business_account',
  }),
  token(
    'telegram',
    'X-Telegram-Bot-Api-Secret-Token',
    { id: '10', type: 'message' },
    { update_id: 10, message: {} },
  ),
  token('gitlab-token', 'X-Gitlab-Token', { type: 'push' }, { object_kind: 'push' }),
  token('okta', 'Authorization', {}, { data: { events: [{ uuid: 'u1', eventType: 'user.session.start' }] } }),
  token('auth0', 'Authorization', {}, [{ log_id: 'l1', data: { type: 's' } }]),
  token(
    'cloudevents',
    'Authorization',
    { id: '/orders 1', type: 'order.paid' },
    { specversion: '1.0', id: '1', source: '/orders', type: 'order.paid' },
    'Bearer ',
  ),
  ...[...STANDARD, ...STANDARD_TOO].map(standard),
  discord('discord'),
  discord('discord-events'),
  sendgrid(),
  twilio(),
  square(),
  hubspot('hubspot'),
  hubspot('hubspot-v2'),
  hubspot('hubspot-v1'),
  mailgun(),
  adyen(),
  adyenPlatform(),
  paypal(),
  fal(),
  sns(),
  graph(),
]

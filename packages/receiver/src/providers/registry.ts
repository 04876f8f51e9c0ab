import { adyen } from './presets/adyen.ts'
import { adyenPlatform } from './presets/adyen-platform.ts'
import { auth0 } from './presets/auth0.ts'
import { awsSns } from './presets/aws-sns.ts'
import { bitbucket } from './presets/bitbucket.ts'
import { calendly } from './presets/calendly.ts'
import { cloudevents } from './presets/cloudevents.ts'
import { discord } from './presets/discord.ts'
import { discordEvents } from './presets/discord-events.ts'
import { docusign } from './presets/docusign.ts'
import { dropbox } from './presets/dropbox.ts'
import { fal } from './presets/fal.ts'
import { github } from './presets/github.ts'
import { gitlabToken } from './presets/gitlab-token.ts'
import { hubspot } from './presets/hubspot.ts'
import { hubspotV1 } from './presets/hubspot-v1.ts'
import { hubspotV2 } from './presets/hubspot-v2.ts'
import { intercom } from './presets/intercom.ts'
import { lemonSqueezy } from './presets/lemon-squeezy.ts'
import { linear } from './presets/linear.ts'
import { mailgun } from './presets/mailgun.ts'
import { meta } from './presets/meta.ts'
import { msGraph } from './presets/ms-graph.ts'
import { okta } from './presets/okta.ts'
import { paddle } from './presets/paddle.ts'
import { paypal } from './presets/paypal.ts'
import { sendgrid } from './presets/sendgrid.ts'
import { shopify } from './presets/shopify.ts'
import { slack } from './presets/slack.ts'
import { square } from './presets/square.ts'
import {
  anthropic,
  brex,
  clerk,
  gitlab,
  glean,
  loops,
  openai,
  render,
  replicate,
  resend,
  standardWebhooksProvider,
  svix,
  xai,
} from './presets/standard-aliases.ts'
import { stripe } from './presets/stripe.ts'
import { telegram } from './presets/telegram.ts'
import { twilio } from './presets/twilio.ts'
import { typeform } from './presets/typeform.ts'
import { whatsapp } from './presets/whatsapp.ts'
import { workos } from './presets/workos.ts'
import { xero } from './presets/xero.ts'
import { zoom } from './presets/zoom.ts'
import type { Provider } from './provider.ts'

/** Every provider by its name. */
export const PROVIDERS = Object.freeze({
  adyen,
  'adyen-platform': adyenPlatform,
  anthropic,
  auth0,
  'aws-sns': awsSns,
  bitbucket,
  brex,
  calendly,
  clerk,
  cloudevents,
  discord,
  'discord-events': discordEvents,
  docusign,
  dropbox,
  fal,
  github,
  gitlab,
  'gitlab-token': gitlabToken,
  glean,
  hubspot,
  'hubspot-v1': hubspotV1,
  'hubspot-v2': hubspotV2,
  intercom,
  'lemon-squeezy': lemonSqueezy,
  linear,
  loops,
  mailgun,
  meta,
  'ms-graph': msGraph,
  okta,
  openai,
  paddle,
  paypal,
  render,
  replicate,
  resend,
  sendgrid,
  shopify,
  slack,
  square,
  'standard-webhooks': standardWebhooksProvider,
  stripe,
  svix,
  telegram,
  twilio,
  typeform,
  whatsapp,
  workos,
  xai,
  xero,
  zoom,
} satisfies Readonly<Record<string, Provider>>)

export type ProviderName = keyof typeof PROVIDERS

/** The provider of that name; undefined when there is none, whatever the text is. */
export function findProvider(name: string): Provider | undefined {
  return Object.hasOwn(PROVIDERS, name) ? PROVIDERS[name as ProviderName] : undefined
}

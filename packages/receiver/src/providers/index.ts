/**
 * @module @posthorn/receiver/providers
 * Providers of webhooks: how each of them signs, asks, batches and wants to be answered.
 */
export { createProviderInbound, type ProviderInboundOptions } from '../adapters/provider-inbound.ts'
export { answerHandshake, HANDSHAKES, handshakeMethods } from '../handshakes/answer.ts'
export type {
  Handshake,
  HandshakeAnswer,
  HandshakeContext,
  HandshakeKind,
  HandshakeRequest,
} from '../handshakes/handshake.ts'
export { type ParsedScheme, parseCustomScheme } from '../schemes/parse.ts'
export type { Flaw } from '../schemes/parse-shape.ts'
export type { KeyUrlRule, ProviderCode } from './code/code.ts'
export type { FieldTerm } from './field-term.ts'
export { type EventItem, eventItems, MAX_ITEMS } from './items.ts'
export type { ItemsRule } from './items-rule.ts'
export type { FetchKey, FetchKeyLimits } from './keys/key-source.ts'
export { adyen } from './presets/adyen.ts'
export { adyenPlatform } from './presets/adyen-platform.ts'
export { auth0 } from './presets/auth0.ts'
export { awsSns } from './presets/aws-sns.ts'
export { bitbucket } from './presets/bitbucket.ts'
export { calendly } from './presets/calendly.ts'
export { cloudevents } from './presets/cloudevents.ts'
export { discord } from './presets/discord.ts'
export { discordEvents } from './presets/discord-events.ts'
export { docusign } from './presets/docusign.ts'
export { dropbox } from './presets/dropbox.ts'
export { fal } from './presets/fal.ts'
export { github } from './presets/github.ts'
export { gitlabToken } from './presets/gitlab-token.ts'
export { hubspot } from './presets/hubspot.ts'
export { hubspotV1 } from './presets/hubspot-v1.ts'
export { hubspotV2 } from './presets/hubspot-v2.ts'
export { intercom } from './presets/intercom.ts'
export { lemonSqueezy } from './presets/lemon-squeezy.ts'
export { linear } from './presets/linear.ts'
export { mailgun } from './presets/mailgun.ts'
export { meta } from './presets/meta.ts'
export { msGraph } from './presets/ms-graph.ts'
export { okta } from './presets/okta.ts'
export { paddle } from './presets/paddle.ts'
export { paypal } from './presets/paypal.ts'
export { sendgrid } from './presets/sendgrid.ts'
export { shopify } from './presets/shopify.ts'
export { slack } from './presets/slack.ts'
export { square } from './presets/square.ts'
export {
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
export { stripe } from './presets/stripe.ts'
export { telegram } from './presets/telegram.ts'
export { twilio } from './presets/twilio.ts'
export { typeform } from './presets/typeform.ts'
export { whatsapp } from './presets/whatsapp.ts'
export { workos } from './presets/workos.ts'
export { xero } from './presets/xero.ts'
export { zoom } from './presets/zoom.ts'
export { type Provider, type ProviderAnswer, type ProviderSetting, schemeProvider } from './provider.ts'
export { publicUrlOf } from './public-url.ts'
export { createProviderReceiver, type ProviderReceiver, type ProviderReceiverOptions } from './receiver.ts'
export { findProvider, PROVIDERS, type ProviderName } from './registry.ts'
export type { ProviderEvent, ProviderResult } from './result.ts'
export type { ProviderSettings } from './settings.ts'
export { unverifiedEvent } from './unverified.ts'

/**
 * @module @posthorn/receiver
 * Verify and sign webhooks on any JavaScript runtime. No dependencies.
 */
export type { Answer } from './adapters/answer.ts'
export { ReceiveError, type ReceiveErrorCode } from './adapters/error.ts'
export {
  createInbound,
  type Inbound,
  type InboundOptions,
  type RawRequest,
  type RequestHead,
} from './adapters/inbound.ts'
export type {
  KeyMaterial,
  PreparedKey,
  PublicKeys,
  ReceiverCrypto,
  SignedContent,
  SyncPreparedKey,
  SyncReceiverCrypto,
} from './crypto/port.ts'
export { publicKeyOf } from './crypto/public-keys.ts'
export { webCrypto } from './crypto/web.ts'
export { ReceiverConfigError, type ReceiverConfigErrorCode } from './errors.ts'
export { github } from './providers/github.ts'
export { type StandardWebhooksOptions, standardWebhooks } from './providers/standard-webhooks.ts'
export { stripe } from './providers/stripe.ts'
export { createReceiver, DEFAULT_MAX_BODY_BYTES, type Receiver, type ReceiverOptions } from './receiver.ts'
export type { Algorithm, KeyFormat } from './schemes/algorithm.ts'
export { type CustomScheme, DEFAULT_TOLERANCE_S } from './schemes/complete.ts'
export { customScheme } from './schemes/custom.ts'
export {
  GENERIC_SCHEME_NAMES,
  type GenericSchemeName,
  type GenericSchemeOptions,
  genericScheme,
} from './schemes/generic.ts'
export {
  DEFAULT_HEADER_PREFIX,
  isOutboundSchemeName,
  OUTBOUND_SCHEME_NAMES,
  type OutboundSchemeName,
  type OutboundSchemeOptions,
  outboundScheme,
} from './schemes/outbound.ts'
export {
  type FieldSource,
  type KeyBytes,
  type SignatureForm,
  type SignatureScheme,
  type SignedPart,
  schemeHeaderNames,
  type TimestampRule,
} from './schemes/scheme.ts'
export { checkSecret } from './secret.ts'
export {
  createSigner,
  type OutboundMessage,
  type SignedHeaders,
  type Signer,
  type SignerOptions,
} from './sign.ts'
export type { HeadersInput } from './verify/headers.ts'
export { REFUSAL_REASONS, type Refusal, type RefusalReason } from './verify/refusal.ts'
export type { VerifiedEvent, VerifyRequest, VerifyResult } from './verify/result.ts'

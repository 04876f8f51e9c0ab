import type { RefusalReason } from '@posthorn/receiver'

/** These say that this side is set up wrongly or cannot compute: a 401 would blame the sender. */
export const OWN_FAULTS = {
  body_not_bytes: 'the body came parsed instead of as bytes: mount the adapter before any body parser',
  request_malformed: 'the request lacks what its scheme signs: give the adapter headers, method and URL',
  crypto_failed: 'the signature of an inbound request could not be computed',
} as const satisfies Partial<Record<RefusalReason, string>>

export function isOwnFault(reason: RefusalReason): reason is keyof typeof OWN_FAULTS {
  return reason in OWN_FAULTS
}

/** Something about the signature, the time stamp or what they cover: the doctor may know more. */
export function isSignatureReason(reason: RefusalReason): boolean {
  return !isOwnFault(reason) && reason !== 'body_too_large' && reason !== 'key_unavailable'
}

/** What a tenant's own users may do in the portal: a session that a link has opened, not a key. */
export const PORTAL_SCOPES = ['view', 'manage'] as const
/** view: read what is the tenant's; manage: also change its subscriptions, retry, replay and test. */
export type PortalScope = (typeof PORTAL_SCOPES)[number]

export const PORTAL_MODES = ['light', 'dark', 'auto'] as const

/** How the portal looks. */
export interface PortalTheme {
  /** `https:`, or a small picture as `data:`. */
  readonly logoUrl: string | null
  /** `#rrggbb` */
  readonly accent: string | null
  readonly mode: (typeof PORTAL_MODES)[number]
}

export interface Portal {
  readonly scope: PortalScope
  readonly theme: PortalTheme
  /** Who it is made for, in words; for the audit log. */
  readonly user: string | null
  /** When the link was used; null: not yet, so that it is no session, only a link. */
  readonly openedAt: number | null
  /** The end of the session that the link opens; epoch ms. */
  readonly endsAt: number
}

/** A link is of no use after this long. */
export const PORTAL_LINK_MS = 600_000
export const PORTAL_S = { min: 60, max: 86_400, initial: 3_600 } as const
/** A picture in the theme is read with each request of the session. */
export const LOGO_CHARS_MAX = 16_384

const ACCENT = /^#[0-9a-f]{6}$/i
/** Not SVG: it is a document, and may be opened as one. */
const DATA_IMAGE = /^data:image\/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}$/

export function logoFlaw(text: string): string | null {
  if (text.length > LOGO_CHARS_MAX) return `has more than ${LOGO_CHARS_MAX} characters`
  if (DATA_IMAGE.test(text)) return null
  const url = /^https:\/\/[\x21-\x7e]+$/.test(text) ? URL.parse(text) : null
  return url !== null && url.username + url.password === ''
    ? null
    : 'must be an https URL without user name, or data:image/png (jpeg, gif, webp) in base64'
}

export function accentFlaw(text: string): string | null {
  return ACCENT.test(text) ? null : 'must be a colour such as #1a7f37'
}

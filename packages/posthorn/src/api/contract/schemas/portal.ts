import { Type } from 'typebox'
import { LIMITS } from '../../../domain/limits.ts'
import { LOGO_CHARS_MAX, PORTAL_MODES, PORTAL_S, PORTAL_SCOPES } from '../../../domain/portal.ts'
import { fields, Instant, line, named, nullable } from './common.ts'

const scope = Type.Enum([...PORTAL_SCOPES], {
  description:
    "view: read what is the tenant's; manage: also change its subscriptions, retry, replay and test.",
})
const mode = Type.Enum([...PORTAL_MODES], { description: 'auto: as the browser wants it.' })

export const PortalSessionInput = named('PortalSessionInput', {
  tenant: line(1, 64, 'Id or slug.'),
  scope,
  expires_in_s: Type.Optional(
    Type.Integer({
      minimum: PORTAL_S.min,
      maximum: PORTAL_S.max,
      default: PORTAL_S.initial,
      description: 'The session ends so long after the link was made, and earlier when it is not used.',
    }),
  ),
  user: Type.Optional(line(1, LIMITS.nameChars, 'Who it is for: told in the audit log.')),
  theme: Type.Optional(
    fields({
      logo_url: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: LOGO_CHARS_MAX,
          description: 'https, or `data:image/png;base64,…` (jpeg, gif, webp).',
        }),
      ),
      accent: Type.Optional(
        Type.String({
          pattern: '^#[0-9a-fA-F]{6}$',
          examples: ['#1a7f37'],
          'x-expects': 'a colour such as #1a7f37',
        }),
      ),
      mode: Type.Optional(mode),
    }),
  ),
})

export const PortalSession = named('PortalSession', {
  url: Type.String({ description: 'The link. Whoever opens it first is in.' }),
  expires_at: Type.String({ format: 'date-time', description: 'The end of the session that it opens.' }),
  link_expires_at: Instant,
})

/** Of a session of the portal. */
export const Portal = fields({
  scope,
  user: nullable(Type.String()),
  theme: fields({ logo_url: nullable(Type.String()), accent: nullable(Type.String()), mode }),
})

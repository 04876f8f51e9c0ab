/** Options about who is signed in, and about what is kept of who did what: a part of the table. */
import { option } from './option.ts'
import { days, origins, wholeNumber } from './parse.ts'

export const ACCESS_OPTIONS = {
  keepAuditDays: option<number>({
    flag: '--keep-audit-days',
    variable: 'POSTHORN_KEEP_AUDIT_DAYS',
    value: 'DAYS',
    description: 'Entries of the audit log older than this are removed.',
    initial: 365,
    initialText: '365',
    range: 'above 0, at most 36500 days; fractions allowed',
    parse: days(36_500),
  }),
  sessionIdleS: option<number>({
    flag: '--session-idle-s',
    variable: 'POSTHORN_SESSION_IDLE_S',
    value: 'SECONDS',
    description: 'A session of the console in which nobody does anything for this long ends.',
    initial: 1_800,
    initialText: '1800',
    range: '60 to 2592000 seconds',
    parse: wholeNumber(60, 2_592_000),
  }),
  sessionMaxS: option<number>({
    flag: '--session-max-s',
    variable: 'POSTHORN_SESSION_MAX_S',
    value: 'SECONDS',
    description: 'A session of the console ends this long after the sign-in in any case.',
    initial: 43_200,
    initialText: '43200',
    range: '60 to 2592000 seconds',
    parse: wholeNumber(60, 2_592_000),
  }),
  portalOrigins: option<readonly string[]>({
    flag: '--portal-origin',
    variable: 'POSTHORN_PORTAL_ORIGINS',
    value: 'ORIGIN',
    description: 'Origins of the pages that may have the portal in a frame.',
    initial: [],
    initialText: 'none',
    range: 'origins such as https://app.example.com',
    parse: origins,
    repeatable: true,
  }),
} as const

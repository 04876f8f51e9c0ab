import type { Result } from 'posthorn/client'

export type Overview = Result<'getOverview'>

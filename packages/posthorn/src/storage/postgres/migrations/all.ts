import { first } from './0001-first.ts'

export const MIGRATIONS = [first] as const

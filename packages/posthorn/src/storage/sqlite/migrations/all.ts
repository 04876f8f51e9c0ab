import type { Migration } from '../migrate.ts'
import { first } from './0001-first.ts'

/** In order, numbered from 1 without a gap. A migration that was released is never changed. */
export const MIGRATIONS: readonly Migration[] = [first]

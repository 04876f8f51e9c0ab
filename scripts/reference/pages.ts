import { apiPage } from './api.ts'
import { errorsPage } from './errors.ts'

/** Every generated file, from the repository's root, with what makes its text. */
export const PAGES: Readonly<Record<string, () => string>> = {
  'docs/reference/api.md': apiPage,
  'docs/reference/errors.md': errorsPage,
}

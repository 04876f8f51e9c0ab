import { readFileSync } from 'node:fs'
import { openApiDocument } from '../../packages/posthorn/src/api/contract/openapi.ts'
import { apiPage } from './api.ts'
import { cliPage } from './cli.ts'
import { configPage } from './config.ts'
import { errorsPage } from './errors.ts'
import { metricsPage } from './metrics.ts'

/** Every generated file, from the repository's root, with what makes its text. */
export const PAGES: Readonly<Record<string, () => string>> = {
  'docs/reference/api.md': apiPage,
  'docs/reference/cli.md': cliPage,
  'docs/reference/config.md': configPage,
  'docs/reference/errors.md': errorsPage,
  'docs/reference/metrics.md': metricsPage,
  'docs/reference/openapi.json': () => `${JSON.stringify(openApiDocument(version()), null, 2)}\n`,
}

function version(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version
}

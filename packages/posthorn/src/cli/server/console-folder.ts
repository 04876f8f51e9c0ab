import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The built console: within the published package, or beside it in the source tree. null: nobody has built it. */
export function findConsole(): string | null {
  // Above a published package stand other people's, and one of them may be called `console`.
  const isSource = import.meta.url.endsWith('.ts')
  const place = isSource ? '../../../../console/dist/' : '../../../dist/console/'
  const folder = fileURLToPath(new URL(place, import.meta.url))
  return existsSync(join(folder, 'index.html')) ? folder : null
}

import type { Browser } from 'playwright-core'
import { startBrowser } from '../../e2e/console/support/chromium.ts'

/** null: there is none here, which is told. */
export async function browserIfAny(): Promise<Browser | null> {
  try {
    return await startBrowser()
  } catch (error) {
    console.error(`Measured without a browser: ${error instanceof Error ? error.message : String(error)}`)
    return null
  }
}

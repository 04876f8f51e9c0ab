/** The console: what open pages cost the server, how soon a page can be used, how long a list may be. */
import { browserIfAny } from '../console/browser.ts'
import { pages } from '../console/pages.ts'
import { besideConsoles } from '../console/throughput.ts'
import type { Row } from '../figures.ts'

export async function openConsole(): Promise<Row[]> {
  const browser = await browserIfAny()
  try {
    return [...(await besideConsoles(browser)), ...(browser === null ? [] : await pages(browser))]
  } finally {
    await browser?.close()
  }
}

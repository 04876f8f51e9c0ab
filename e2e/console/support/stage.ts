/** A server, targets and a browser, for one test file. */
import type { Browser } from 'playwright-core'
import { type ServerOptions, type ServerProcess, startServer } from '../../support/server.ts'
import { startTarget, type Target } from '../../support/targets.ts'
import { startBrowser } from './chromium.ts'
import { type VisitOptions, Visitor } from './visitor.ts'

export interface Stage {
  readonly server: ServerProcess
  readonly browser: Browser
  /** Answers 200 with `{"ok":true}`, unless it is told otherwise. */
  readonly target: Target
  visit(options?: VisitOptions): Promise<Visitor>
  close(): Promise<void>
}

export async function setStage(options: ServerOptions = {}): Promise<Stage> {
  const headers = { 'content-type': 'application/json' }
  const [server, target, browser] = await Promise.all([
    startServer(options),
    startTarget({ answer: { headers, body: '{"ok":true}' } }),
    startBrowser(),
  ])
  return {
    ...{ server, target, browser },
    visit: (options = {}) => Visitor.at(browser, server.url, { key: server.key, ...options }),
    close: async () => {
      await browser.close()
      await server.dispose()
      await target.close()
    },
  }
}

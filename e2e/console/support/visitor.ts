/** Somebody at the console: a browser context of their own, and everything that went wrong in it. */
import assert from 'node:assert/strict'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { BASE } from '../../support/api.ts'

const WAIT_MS = 10_000

export interface VisitOptions extends BrowserContextOptions {
  /** Signs in with it at once. */
  readonly key?: string
  /** Answers of the server (`POST … 422`) and words in the browser's console that are part of the story. */
  readonly expected?: readonly RegExp[]
  /** Origins besides the server's that are part of the story. */
  readonly origins?: readonly string[]
}

export class Visitor {
  readonly context: BrowserContext
  readonly page: Page
  readonly #url: string
  readonly #expected: readonly RegExp[]
  readonly #findings: string[] = []

  private constructor(
    context: BrowserContext,
    page: Page,
    url: string,
    { expected, origins }: Required<Pick<VisitOptions, 'expected' | 'origins'>>,
  ) {
    this.context = context
    this.page = page
    this.#url = url
    this.#expected = expected
    page.setDefaultTimeout(WAIT_MS)
    page.on('pageerror', (error) => this.#findings.push(`script error: ${error.message}`))
    page.on('dialog', (dialog) => {
      this.#findings.push(`a dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
    page.on('console', (message) => this.#hear(message.type(), message.text()))
    page.on('response', (response) => {
      const { pathname } = new URL(response.url())
      this.#judge(response.status(), `${response.request().method()} ${pathname} ${response.status()}`)
      const { origin } = new URL(response.url())
      if (origin !== url && !origins.includes(origin)) this.#findings.push(`another host: ${response.url()}`)
    })
  }

  static async at(browser: Browser, url: string, options: VisitOptions = {}): Promise<Visitor> {
    const { key, expected = [], origins = [], ...more } = options
    const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...more })
    const visitor = new Visitor(context, await context.newPage(), url, { expected, origins })
    if (key !== undefined) await visitor.signIn(key)
    return visitor
  }

  async open(path: string): Promise<Page> {
    await this.page.goto(this.#url + path)
    return this.page
  }

  /** As the form does it, without the form. */
  async signIn(key: string): Promise<void> {
    const headers = { 'posthorn-console': '1', origin: this.#url }
    const made = await this.context.request.post(`${this.#url}${BASE}/sessions`, { data: { key }, headers })
    assert.equal(made.status(), 201, await made.text())
    await this.open('/')
    await this.page.locator('.main h1').waitFor()
  }

  /** Everything that the page shows has come. The network is never idle: the stream of news stays open. */
  async settled(): Promise<void> {
    await settled(this.page)
  }

  /** Is there, and can be seen. */
  async sees(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).filter({ visible: true }).first().waitFor()
  }

  async press(name: string | RegExp): Promise<void> {
    await this.page.getByRole('button', { name }).first().click()
  }

  /** Ends the visit. @throws AssertionError that lists errors of scripts, refusals by the policy, failed requests */
  async leave(): Promise<void> {
    await this.context.close()
    assert.deepEqual(this.#findings, [])
  }

  #hear(type: string, text: string): void {
    // Each failed request is judged by its answer.
    if (type !== 'error' || text.startsWith('Failed to load resource')) return
    if (this.#expected.some((pattern) => pattern.test(text))) return
    this.#findings.push(`console: ${text}`)
  }

  #judge(status: number, what: string): void {
    if (status < 400) return
    // Nobody is signed in before signing in.
    if (/\/sessions(?:\/current)? 401$/.test(what)) return
    if (this.#expected.some((pattern) => pattern.test(what))) return
    this.#findings.push(`answered ${what}`)
  }
}

export async function settled(page: Page): Promise<void> {
  await page.locator('h1, form').first().waitFor()
  await page.waitForFunction(() => !document.body.textContent.includes('Loading …'))
}

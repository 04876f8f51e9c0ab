/** What axe (https://github.com/dequelabs/axe-core) finds. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { settled } from './visitor.ts'

interface Violation {
  readonly id: string
  readonly impact: string | null
  readonly nodes: ReadonlyArray<{ readonly target: readonly string[]; readonly failureSummary?: string }>
}

declare const axe: { run(root: Document): Promise<{ violations: Violation[] }> }

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** One line for each place that shuts somebody out, in the theme that is shown. */
export async function faults(page: Page, where: string): Promise<string[]> {
  await settled(page)
  if (await page.evaluate(() => typeof axe === 'undefined')) await page.evaluate(AXE)
  const violations = await page.evaluate(async () => (await axe.run(document)).violations)
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((node) => `${where}: ${id} at ${node.target.join(' ')}`))
}

/** The same in both themes, without loading the page twice. */
export async function faultsInBoth(page: Page, where: string): Promise<string[]> {
  const found: string[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    found.push(...(await faults(page, `${where}, ${colorScheme}`)))
  }
  return found
}

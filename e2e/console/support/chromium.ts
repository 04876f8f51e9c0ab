/** A real browser: Debian's Chromium, or the one that `CHROMIUM` names. Nothing is downloaded by the test library. */
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'
import { installFromDebian } from '../../../test/servers/debian.ts'
import { WhyNot } from '../../../test/servers/server.ts'

/** Without a window: to open four pages takes it 1.4 to 2.2 s of processor time, the whole browser 6.3 to 7.6. */
const HEADLESS = '/usr/bin/chromium-headless-shell'
const PLACES = [
  HEADLESS,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/**
 * @param more arguments of the program
 * @throws Error that says how to get one
 */
export async function startBrowser(more: readonly string[] = []): Promise<Browser> {
  const path = findChromium()
  if (path instanceof WhyNot)
    throw new Error(`There is no Chromium here. Install it, or name it by CHROMIUM: ${path.reason}`)
  // Root has no sandbox of its own; what is opened is a server of ours on loopback.
  const args = [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), ...more]
  return await chromium.launch({ executablePath: path, args })
}

function findChromium(): string | WhyNot {
  const named = process.env.CHROMIUM
  if (named) return existsSync(named) ? named : new WhyNot(`${named} does not exist`)
  const found = PLACES.find((place) => existsSync(place))
  return found ?? installFromDebian('chromium-headless-shell') ?? HEADLESS
}

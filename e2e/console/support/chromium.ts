/** A real browser: Debian's Chromium, or the one that `CHROMIUM` names. Nothing is downloaded by the test library. */
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'
import { runProgram } from '../../../test/servers/child.ts'
import { WhyNot } from '../../../test/servers/server.ts'

const PLACES = [
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
  return PLACES.find((place) => existsSync(place)) ?? installed()
}

/** From Debian, as root. */
function installed(): string | WhyNot {
  if (process.getuid?.() !== 0) return new WhyNot('only root may install a package')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const install = () => runProgram('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], env)
  const done = install()
  if (!(done instanceof WhyNot)) return PLACES[0] as string
  // A new machine has no package lists, or old ones.
  const updated = runProgram('apt-get', ['update'], env)
  if (updated instanceof WhyNot) return updated
  const again = install()
  return again instanceof WhyNot ? again : (PLACES[0] as string)
}

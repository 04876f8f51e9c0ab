import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runProgram } from './child.ts'
import { type Server, WhyNot } from './server.ts'

/** One at a time: test files that run side by side ask for packages at the same moment, and apt-get refuses the second. */
const LOCK = join(tmpdir(), 'posthorn-apt.lock')

/** Installs a package of Debian as root. @returns why not; null: it is there */
export function installFromDebian(name: string): WhyNot | null {
  if (process.getuid?.() !== 0) return new WhyNot('only root may install a package')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = (...args: readonly string[]) => {
    const said = runProgram('flock', [LOCK, 'apt-get', '-o', 'DPkg::Lock::Timeout=120', ...args], env)
    return said instanceof WhyNot ? said : null
  }
  const install = () => apt('install', '-y', '--no-install-recommends', name)
  // A new machine has no package lists, or old ones.
  return install() === null ? null : (apt('update') ?? install())
}

/** Installs a package of Debian, then goes the way that needs it. */
export async function fromDebian(
  name: string,
  program: () => Promise<Server | WhyNot>,
): Promise<Server | WhyNot> {
  return installFromDebian(name) ?? program()
}

import { runProgram } from './child.ts'
import { type Server, WhyNot } from './server.ts'

/** Installs a package of Debian as root, then goes the way that needs it. */
export async function fromDebian(
  name: string,
  program: () => Promise<Server | WhyNot>,
): Promise<Server | WhyNot> {
  if (process.getuid?.() !== 0) return new WhyNot('only root may install a package')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const install = () => runProgram('apt-get', ['install', '-y', '--no-install-recommends', name], env)
  const done = install()
  // A new machine has no package lists, or old ones.
  const again = done instanceof WhyNot ? runProgram('apt-get', ['update'], env) : done
  if (again instanceof WhyNot) return again
  const installed = done instanceof WhyNot ? install() : done
  return installed instanceof WhyNot ? installed : program()
}

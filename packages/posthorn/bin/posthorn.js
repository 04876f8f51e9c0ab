#!/usr/bin/env node
// Plain JavaScript, so that an old Node can still read it and say what is wrong, or find a newer one.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import module from 'node:module'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const LEAST_MAJOR = 24
/** Set for a process that this script started with a newer Node. */
const MARK = 'POSTHORN_STARTED_BY'
const EXIT_CONFIG = 78

const startedBy = process.env[MARK]
delete process.env[MARK]

if (majorOf(process.versions.node) >= LEAST_MAJOR) await run()
else {
  const newer = startedBy === undefined ? newerNode() : null
  if (newer === null) tellTooOld()
  else startWith(newer)
}

async function run() {
  // A parent that is killed outright cannot pass its signal on: what is left is the channel, which closes.
  if (startedBy !== undefined && process.channel) {
    process.channel.unref()
    process.on('disconnect', () => process.exit(1))
  }
  keepCompiled()
  // A checkout runs its sources; the published package carries compiled files only.
  const source = new URL('../src/cli/main.ts', import.meta.url)
  const entry = existsSync(source) ? source : new URL('../src/cli/main.js', import.meta.url)
  const { main } = await import(entry.href)
  await main(process.argv)
}

/**
 * Compiled code is kept between runs: `serve` is ready after 0.6 s of CPU instead of 1.0 s (measured, from sources).
 * Not in the shared temporary folder, Node's own default, where another user of the machine could put code for us.
 */
function keepCompiled() {
  if (process.env.NODE_COMPILE_CACHE) return
  let folder = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  try {
    // One by one: with `recursive`, Node tries for ever where the system says that a parent is missing (HOME=/proc).
    for (const name of ['', 'posthorn', 'compiled']) {
      folder = join(folder, name)
      if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 })
    }
    module.enableCompileCache(folder)
  } catch {
    // A home that cannot be written costs 0.4 s, nothing else.
  }
}

/** A Node that a package brought along, in the `node_modules` of an enclosing folder. */
function newerNode() {
  let folder = dirname(fileURLToPath(import.meta.url))
  for (;;) {
    const found = join(folder, 'node_modules', '.bin', 'node')
    if (existsSync(found)) {
      const { stdout } = spawnSync(found, ['--version'], { encoding: 'utf8' })
      if (majorOf(String(stdout).replace(/^v/, '')) >= LEAST_MAJOR) return found
    }
    const parent = dirname(folder)
    if (parent === folder) return null
    folder = parent
  }
}

function startWith(node) {
  const child = spawn(node, process.argv.slice(1), {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, [MARK]: String(process.pid) },
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    process.stderr.write(`posthorn: ${node} cannot be started: ${error.message}\n`)
    process.exit(EXIT_CONFIG)
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    // As it ended, so do we: a shell must see the same.
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

function tellTooOld() {
  process.stderr.write(
    `posthorn needs Node ${LEAST_MAJOR} or newer; this is Node ${process.versions.node} (${process.execPath}).\n` +
      'In a checkout, `npm ci` brings Node 24 along; elsewhere install it from nodejs.org.\n',
  )
  process.exit(EXIT_CONFIG)
}

function majorOf(version) {
  return Number(version.split('.')[0]) || 0
}

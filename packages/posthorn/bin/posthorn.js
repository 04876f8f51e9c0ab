#!/usr/bin/env node
// Plain JavaScript, so that an old Node can still read it and say what is wrong.
import { existsSync } from 'node:fs'

const [major = 0] = process.versions.node.split('.').map(Number)
if (major < 24) {
  process.stderr.write(
    `posthorn needs Node 24 or newer; this is Node ${process.versions.node} (${process.execPath}).\n` +
      'In a checkout, `npx posthorn` and `npm start` bring Node 24 along; elsewhere install it from nodejs.org.\n',
  )
  process.exit(78)
}

// A checkout runs its sources; the published package carries compiled files only.
const source = new URL('../src/cli/main.ts', import.meta.url)
const entry = existsSync(source) ? source : new URL('../src/cli/main.js', import.meta.url)
const { main } = await import(entry.href)
await main(process.argv)

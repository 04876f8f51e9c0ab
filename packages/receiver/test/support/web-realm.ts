/**
 * Runs the package in a realm that has the language and Web standards, and nothing of Node: no `process`, no `Buffer`,
 * no timers, no `node:` module can be reached. Started with --experimental-vm-modules by web-runtime.test.ts.
 */
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { createContext, type Module, SourceTextModule } from 'node:vm'

const ROOT = join(import.meta.dirname, '../..')
const { exports: entries } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const { crypto, TextEncoder, TextDecoder, URL, URLSearchParams, Headers, Request, Response, atob, btoa } =
  globalThis
const context = createContext({
  ...{ crypto, TextEncoder, TextDecoder, URL, URLSearchParams, Headers, Request, Response, atob, btoa },
})
const modules = new Map<string, SourceTextModule>()

function load(file: string): SourceTextModule {
  const known = modules.get(file)
  if (known) return known
  const code = stripTypeScriptTypes(readFileSync(file, 'utf8'))
  const made = new SourceTextModule(code, { context, identifier: file })
  modules.set(file, made)
  return made
}

/** Relative files, and this package by its own name; everything else is not there. */
function link(specifier: string, { identifier }: Module): SourceTextModule {
  if (specifier.startsWith('.')) return load(resolve(dirname(identifier), specifier))
  const entry = entries[specifier.replace('@posthorn/receiver', '.')]
  if (entry === undefined || specifier === '@posthorn/receiver/node')
    throw new Error(`${specifier} is not there, wanted by ${identifier}`)
  return load(join(ROOT, entry))
}

const program = load(join(import.meta.dirname, 'web-program.ts'))
await program.link(link)
await program.evaluate()
const { run } = program.namespace as { run: (given: string) => Promise<string> }
let given = ''
for await (const chunk of process.stdin.setEncoding('utf8')) given += chunk
process.stdout.write(await run(given))

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'

const START = new URL('../../src/client/client.ts', import.meta.url)

/** What a file imports at run time: `import type` is gone by then. */
async function runtimeImports(file: URL): Promise<string[]> {
  const text = await readFile(file, 'utf8')
  const imports = [...text.matchAll(/^(?:import|export)\s+(?!type\b)[^'"]*?from\s+'([^']+)'/gms)]
  return imports.map(([, name]) => name as string)
}

test('the client carries nothing into a browser but itself and the table of operations', async () => {
  const seen = new Set<string>()
  const todo = [START]
  for (let file = todo.pop(); file !== undefined; file = todo.pop()) {
    seen.add(file.pathname.replace(/.*\/src\//, ''))
    for (const name of await runtimeImports(file)) {
      assert.ok(name.startsWith('.'), `${file.pathname} imports ${name}`)
      const next = new URL(name, file)
      if (!seen.has(next.pathname.replace(/.*\/src\//, ''))) todo.push(next)
    }
  }
  assert.deepEqual([...seen].sort(), [
    'api/contract/operations.ts',
    'client/client.ts',
    'client/error.ts',
    'client/live.ts',
    'client/problem.ts',
  ])
})

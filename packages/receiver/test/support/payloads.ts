import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

export interface GithubPayload {
  readonly event: string
  readonly body: Buffer
}

/** All recorded payloads of `@octokit/webhooks-examples`: github.com and five versions of GitHub Enterprise. */
export function githubPayloads(): GithubPayload[] {
  const root = dirname(createRequire(import.meta.url).resolve('@octokit/webhooks-examples/package.json'))
  const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return folders.flatMap(({ name }) => {
    const file = join(root, name, 'index.json')
    const kinds: { name: string; examples: unknown[] }[] = JSON.parse(readFileSync(file, 'utf8'))
    return kinds.flatMap(({ name: event, examples }) =>
      examples.map((example) => ({ event, body: Buffer.from(JSON.stringify(example)) })),
    )
  })
}

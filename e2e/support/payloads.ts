/** Real input: what GitHub and Stripe send, as their own packages ship it. */
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

export interface Payload {
  /** `github-api-github-com-17` and so on: also usable as an event id, which has no full stop. */
  readonly id: string
  readonly type: string
  /** The exact JSON text. */
  readonly text: string
}

const resolve = createRequire(import.meta.url).resolve

/**
 * Every example of every event of `@octokit/webhooks-examples`: github.com and five versions of GitHub Enterprise.
 * The package keeps them as parts of one large JSON file, so the white space of the wire is not known: the even ones
 * are written compactly as GitHub does, the odd ones indented.
 */
export function githubPayloads(): Payload[] {
  const root = dirname(resolve('@octokit/webhooks-examples/package.json'))
  const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return folders.flatMap(({ name: folder }) => {
    const kinds: { name: string; examples: unknown[] }[] = JSON.parse(
      readFileSync(join(root, folder, 'index.json'), 'utf8'),
    )
    return kinds
      .flatMap(({ name, examples }) => examples.map((example) => ({ name, example })))
      .map(({ name, example }, at) => ({
        id: `github-${folder.replaceAll('.', '-')}-${at}`,
        type: name,
        text: JSON.stringify(example, null, at % 2 === 0 ? undefined : 2),
      }))
  })
}

/**
 * The npm package `stripe` ships no recorded payloads. What it does ship: the payload of "Testing Webhook signing" in
 * its README, and, in the declarations of its `Event`, every event type it knows, each with the type of its object. So
 * this is the README's payload, and one event of each declared type, in the shape that the declarations give an event,
 * indented by two spaces as Stripe sends them.
 */
export function stripePayloads(): Payload[] {
  const root = join(dirname(resolve('stripe')), '..')
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const sample = /const payload = (\{\n {2}id: 'evt_test_webhook',\n {2}object: 'event',\n\});/.exec(
    readme,
  )?.[1]
  if (sample === undefined) throw new Error("the payload of stripe's README is not where it was")
  const declared = readFileSync(join(root, 'esm/resources/Events.d.ts'), 'utf8')
  const version = /'(\d{4}-\d\d-\d\d\.\w+)'/.exec(readFileSync(join(root, 'esm/apiVersion.js'), 'utf8'))?.[1]
  if (version === undefined) throw new Error("stripe's API version is not where it was")
  const types = [...declared.matchAll(/^ {4}type: '([a-z0-9_.]+)';$/gm)].map((match) => match[1] as string)
  const events = [...new Set(types)].map((type, at) => ({
    id: `evt_1Pgc${String(at).padStart(4, '0')}LkdIwHu7ix`,
    object: 'event',
    api_version: version,
    created: 1_721_000_000 + at,
    data: { object: { id: `obj_${at}`, object: type.split('.').slice(0, -1).join('.'), livemode: false } },
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type,
  }))
  return [
    {
      id: 'stripe-readme',
      type: 'stripe.sample',
      text: sample
        .replaceAll(/(\w+):/g, '"$1":')
        .replaceAll("'", '"')
        .replace(',\n}', '\n}'),
    },
    ...events.map((event) => ({ id: event.id, type: event.type, text: JSON.stringify(event, null, 2) })),
  ]
}

/** JSON that a reader and writer in between would change. */
export const SUBTLE: readonly Payload[] = [
  '1.0',
  '12345678901234567890',
  '[1e400, -0, 1E2, 0.10, 1.7976931348623157e309]',
  '{"a":1,"a":2}',
  '{"escapes":"\\u0041\\/\\u00e9\\ud83d\\ude00","raw":"Aé😀"}',
  '{  "spaces" :\t[ 1 ,\r\n 2 ]  }',
  '{"line":"\u2028\u2029","escaped":"\\u2028"}',
  '{"nul":"a\\u0000b","control":"\\u001f\\u007f"}',
  '{"lone":"\\ud800","reversed":"\\ude00\\ud83d"}',
  '{"emoji":"👩‍👩‍👧‍👦 🏳️‍🌈","rtl":"שלום","combining":"e\u0301"}',
  '{"__proto__":{"admin":true},"constructor":{"prototype":1},"hasOwnProperty":0}',
  '{"10":1,"9":2,"":3," ":4}',
  '"\\"text\\""',
  'null',
  '[]',
].map((text, at) => ({ id: `subtle-${at}`, type: 'subtle', text }))

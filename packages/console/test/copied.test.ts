/** What is copied is pasted into terminals and editors, with strangers' text in it: it is run here by a real shell. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { apiCurl, curlText, shellWord } from '../src/text/curl.ts'
import { verifyCode } from '../src/text/verify-code.ts'
import { visible } from '../src/text/visible.ts'

const HOSTILE = [
  '$(touch /tmp/owned)',
  '`id`',
  "'; rm -rf ~ #",
  "it's",
  "'\\''",
  '\\',
  "\\'",
  '@/etc/passwd',
  '-o/etc/cron.d/x',
  '--data-binary',
  '!!',
  '~',
  '*',
  '',
  'a\nb',
  '\n',
  '$HOME ${IFS}',
  '{"a":"\\u0000"}',
  '\u001b[201~\u0003\nrm -rf ~\n',
  '\u009b201~',
  '\tX\t',
  '\u202e txt.exe',
  '\u00037',
  "\u0003'\\",
  'é שלום 😀',
  '&& || ; | > < ( ) [ ] # % ^ =',
]
// A shell keeps no NUL: such bodies go through a pipe in base64. Halves of characters are no text.
const text = fc
  .oneof(
    fc.constantFrom(...HOSTILE),
    fc.string({ unit: 'binary' }),
    fc
      .array(fc.constantFrom("'", '\\', '$', '`', '"', '\n', '\u0003', '\u001b', '7', '!', '@', ' '))
      .map((all) => all.join('')),
  )
  .map((one) => one.replaceAll('\0', '').toWellFormed())

/** Words as a shell has them, by a command that it takes for `curl`. */
function words(script: string): string[] {
  const ran = spawnSync('bash', ['--norc', '-c', `curl() { printf '%s\\0' "$@"; }\n${script}`], {
    env: { PATH: '/usr/bin:/bin', HOME: '/nowhere', POSTHORN_KEY: 'the-key', LC_ALL: 'C.UTF-8' },
  })
  assert.equal(ran.status, 0, `${script}\n${ran.stderr}`)
  return ran.stdout.toString('utf8').split('\0').slice(0, -1)
}

test('whatever a body and a header have in them, a shell gives them to curl as they are, and runs nothing', () => {
  fc.assert(
    fc.property(text, text, text, (body, value, path) => {
      const url = `https://a.example/${encodeURI(path)}`
      const line = value.replaceAll(/[\r\n]/g, ' ')
      const command = curlText({ url, headers: [['x-a', line]], body })
      const plain = /[[\]{}]/.test(url) ? ['-g'] : []
      const option = body.startsWith('@') ? '--data-raw' : '--data-binary'
      assert.deepEqual(words(command), ['-sS', ...plain, url, '-H', `x-a: ${line}`, option, body])
      // Nothing in it works on a terminal that it is pasted into.
      assert.equal(visible(command), command)
      assert.ok(!command.includes('\t'))
    }),
    { numRuns: 150, examples: HOSTILE.map((one) => [one, one, one]) },
  )
})

test('a call of the API has the key from the shell alone', () => {
  const tenant = '$(id)'
  const given = words(
    apiCurl('POST', "/events/a'b$(id)", { origin: 'http://a', tenant, json: '"$POSTHORN_KEY"' }),
  )
  assert.deepEqual(given.slice(0, 4), [
    '-sS',
    '-H',
    'authorization: Bearer the-key',
    "http://a/api/v1/webhooks/events/a'b$(id)",
  ])
  assert.deepEqual(given.slice(4, 6), ['-H', 'posthorn-tenant: $(id)'])
  assert.equal(given.at(-1), '"$POSTHORN_KEY"')
})

test('a word is one word', () => {
  fc.assert(
    fc.property(text, (one) => {
      assert.deepEqual(words(`curl ${shellWord(one)}`), [one])
    }),
    { numRuns: 100, examples: HOSTILE.map((one) => [one]) },
  )
})

test('code that verifies has the request in it as it was, and nothing that is not seen', () => {
  fc.assert(
    fc.property(text, text, text, (name, value, body) => {
      const code = verifyCode({
        ...{ scheme: 'plain', headerPrefix: value, headers: [[`x${name}`, value]], body, base64: null },
        at: '2026-01-01T00:00:00.000Z',
      })
      assert.equal(visible(code), code)
      const read = code.slice(code.indexOf('const headers'), code.indexOf('const result'))
      const TextEncoder = class {
        readonly encode = (given: string) => given
      }
      const found = runInNewContext(`${read}\n;({ headers, body })`, { TextEncoder })
      assert.deepEqual([{ ...found.headers }, found.body], [{ [`x${name}`]: value }, body])
    }),
    { numRuns: 300, examples: HOSTILE.map((one) => [one, one, one]) },
  )
})

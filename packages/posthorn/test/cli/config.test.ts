import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Command } from 'commander'
import type { ServerOption } from '../../src/cli/config/option.ts'
import { SERVER_OPTIONS } from '../../src/cli/config/options.ts'
import { addServerOptions, type GivenFlags, readServerConfig } from '../../src/cli/config/read.ts'
import { CliError } from '../../src/cli/exit.ts'
import { LOG_LEVELS } from '../../src/system/logger.ts'

const rows: ServerOption<unknown>[] = Object.values(SERVER_OPTIONS)

function parse(args: readonly string[], env: Record<string, string> = {}) {
  const command = addServerOptions(new Command('serve').exitOverride())
  let flags: GivenFlags = {}
  command.action((given: GivenFlags) => {
    flags = given
  })
  command.parse(args, { from: 'user' })
  return readServerConfig(flags, env)
}

test('without flags and variables the defaults of the table hold', () => {
  const config = parse([])
  for (const [name, row] of Object.entries(SERVER_OPTIONS))
    assert.deepEqual(config[name as keyof typeof config], row.initial, name)
  assert.equal(config.port, 3400)
  assert.equal(config.drainMs, 30_000)
})

test('a flag beats its variable, which beats the default', () => {
  assert.equal(parse([], { POSTHORN_PORT: '1' }).port, 1)
  assert.equal(parse(['--port', '2'], { POSTHORN_PORT: '1' }).port, 2)
  assert.equal(readServerConfig({}, {}, { port: 3 }).port, 3)
  assert.equal(readServerConfig({}, { POSTHORN_PORT: '1' }, { port: 3 }).port, 1)
  assert.equal(parse([], { POSTHORN_PORT: '' }).port, 3400)
})

test('switches, in flags and in variables', () => {
  assert.equal(parse(['--allow-http']).allowHttp, true)
  assert.equal(parse(['--no-migrate']).noMigrate, true)
  assert.equal(parse([]).noMigrate, false)
  for (const yes of ['1', 'true', 'YES', 'on'])
    assert.equal(parse([], { POSTHORN_ALLOW_HTTP: yes }).allowHttp, true)
  for (const no of ['0', 'false', 'No', 'off'])
    assert.equal(parse([], { POSTHORN_ALLOW_HTTP: no }).allowHttp, false)
})

test('networks: the flag repeated, the variable with commas', () => {
  assert.deepEqual(parse(['--allow-network', '10.0.0.0/8', '--allow-network', 'fd00::/8']).allowNetworks, [
    '10.0.0.0/8',
    'fd00::/8',
  ])
  assert.deepEqual(parse([], { POSTHORN_ALLOW_NETWORKS: '10.0.0.0/8, ::1/128' }).allowNetworks, [
    '10.0.0.0/8',
    '::1/128',
  ])
})

test('the public URL keeps its path and loses the slash at its end', () => {
  assert.equal(parse(['--public-url', 'https://A.example:443/x/']).publicUrl, 'https://a.example/x')
  assert.equal(parse([], { POSTHORN_PUBLIC_URL: 'http://a.example' }).publicUrl, 'http://a.example')
})

const BAD = [
  ['--port', '65536'],
  ['--port', '-1'],
  ['--port', '3400.5'],
  ['--port', 'tcp://10.0.0.1:80'],
  ['--host', 'http://localhost'],
  ['--host', '[::1]'],
  ['--admin-key', 'short'],
  ['--secret-key', 'x'.repeat(23)],
  ['--allow-network', '10.0.0.0'],
  ['--allow-network', '10.0.0.0/33'],
  ['--allow-network', '10.0.0.0/8/8'],
  ['--allow-network', 'localhost/8'],
  ['--trusted-proxy', 'proxy.example'],
  ['--public-url', 'hooks.example.com'],
  ['--public-url', 'https://user@hooks.example.com'],
  ['--public-url', 'https://hooks.example.com/?a=b'],
  ['--public-url', 'ftp://hooks.example.com'],
  ['--drain-ms', '3600001'],
  ['--drain-ms', '1e3'],
  ['--slots', '0'],
  ['--retention-days', '0'],
  ['--disable-after-days', '366'],
  ['--log-level', 'loud'],
  ['--role', 'boss'],
  ['--database-url', 'mysql://user:hunter2secret@localhost/x'],
  ['--database-url', 'postgres://user:hunter2 secret%@localhost/x'],
  ['--database-url', 'user:hunter2secret@localhost'],
  ['--database-schema', 'Posthorn"; drop table x'],
  ['--database-schema', `p${'o'.repeat(40)}`],
  ['--ready-age-s', '0'],
  ['--redis-url', 'localhost:6379'],
  ['--redis-url', 'http://user:hunter2secret@localhost'],
  ['--redis-url', 'redis://user:hunter2 secret%@localhost'],
  ['--redis-prefix', 'with spaces'],
  ['--portal-origin', 'https://app.example.com/'],
  ['--portal-origin', 'app.example.com'],
  ['--portal-origin', "https://app.example.com 'unsafe-inline'"],
  ['--portal-origin', '*'],
  ['--portal-origin', 'https://*'],
  ['--portal-origin', 'https://a.example;sandbox'],
  ['--portal-origin', "https://a.example';x"],
  ['--portal-origin', 'https://a.example\r\nx: y'],
  ['--portal-origin', 'https://user@a.example'],
  ['--portal-origin', 'null'],
  ['--portal-origin', 'data:text/html,x'],
  ['--smtp-url', 'mail.example.com:25'],
  ['--smtp-url', 'smtp://user:hunter2secret@mail.example.com/?tls=off'],
  ['--mail-from', 'Posthorn <posthorn@example.com>'],
] as const

for (const [flag, value] of BAD)
  test(`refused: ${flag} ${value}, by flag and by variable`, () => {
    const row = rows.find((one) => one.flag === flag)!
    for (const read of [() => parse([`${flag}=${value}`]), () => parse([], { [row.variable]: value })])
      assert.throws(read, (error: unknown) => {
        assert.ok(error instanceof CliError)
        assert.equal(error.exit, 'config')
        assert.ok(error.message.includes(flag) && error.message.includes(row.variable), error.message)
        if (row.secret) assert.ok(!error.message.includes(value), 'a secret is never shown')
        return true
      })
  })

test('all that is wrong is said at once', () => {
  assert.throws(
    () => parse(['--port', 'x', '--slots', 'y']),
    (error: unknown) => error instanceof CliError && error.problem.errors?.length === 2,
  )
})

test('an unknown flag is refused', () => {
  assert.throws(() => {
    const command = addServerOptions(
      new Command('serve').exitOverride().configureOutput({ writeErr: () => {} }),
    )
    command.parse(['--prot', '1'], { from: 'user' })
  }, /unknown option/)
})

const OTHERWISE = new Map([
  ['--trusted-proxy', 'POSTHORN_TRUSTED_PROXIES'],
  // A variable has no place beside it that says what it is.
  ['--sources', 'POSTHORN_SOURCES_FILE'],
])

test('flags and variables are unique, and named alike', () => {
  assert.equal(new Set(rows.map(({ flag }) => flag)).size, rows.length)
  for (const { flag, variable, repeatable } of rows) {
    const name = `POSTHORN_${flag.slice(2).replaceAll('-', '_').toUpperCase()}${repeatable ? 'S' : ''}`
    assert.equal(variable, OTHERWISE.get(flag) ?? name)
  }
})

test('the defaults in words are those in the table, and are accepted', () => {
  for (const { flag, initial, initialText, parse: parser } of rows) {
    if (typeof initial !== 'string' && typeof initial !== 'number') continue
    assert.equal(String(initial), initialText, flag)
    assert.deepEqual(parser(initialText), { ok: true, value: initial }, flag)
  }
})

test('the log levels are those of the logger', () => {
  for (const level of LOG_LEVELS) assert.equal(parse(['--log-level', level]).logLevel, level)
})

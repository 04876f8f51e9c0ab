/**
 * What is deployed with: the image, compose.yaml with what it mounts, the manifests of Kubernetes. None of it is run
 * here. It is held against the program (options, routes, limits) and against rules in `test/house/deploy/`.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { parse, parseAllDocuments } from 'yaml'
import { OPERATIONS } from '../packages/posthorn/src/api/contract/operations.ts'
import { SERVER_OPTIONS } from '../packages/posthorn/src/cli/config/options.ts'
import { LIMITS } from '../packages/posthorn/src/domain/limits.ts'
import { type Compose, composeFlaws, configOf, type Service, togetherFlaws } from './house/deploy/compose.ts'
import { ignoredOfTheBuild, readImage } from './house/deploy/image.ts'
import { type Manifest, manifestFlaws } from './house/deploy/kubernetes.ts'
import { assertNone } from './house/report.ts'
import { ROOT } from './house/source.ts'

const text = (path: string) => readFileSync(`${ROOT}${path}`, 'utf8')
const dockerfile = text('Dockerfile')
const image = readImage(dockerfile)
const readCompose = (yaml: string) => parse(yaml, { merge: true }) as Compose
const compose = readCompose(text('compose.yaml'))
const manifestsText = text('deploy/kubernetes/posthorn.yaml')
const readManifests = (yaml: string) => parseAllDocuments(yaml).map((one) => one.toJS() as Manifest)
const routes = Object.values(OPERATIONS).map((operation) => String(operation))
const ours = Object.values(compose.services).filter(({ build }) => build !== undefined)
const service = (name: string): Service => {
  const found = compose.services[name]
  assert.ok(found, `there is no service ${name}`)
  return found
}
/** `{ '/etc/nginx/conf.d/default.conf': './deploy/nginx.conf' }` */
const mounts = (name: string) =>
  new Map(
    (service(name).volumes ?? []).map(
      (volume) => volume.split(':').slice(0, 2).reverse() as [string, string],
    ),
  )

test('the image is built in stages, runs as nobody in particular, and starts our command', () => {
  assertNone(image.flaws)
  assertNone(ignoredOfTheBuild())
  const known = new Set<string>(Object.values(SERVER_OPTIONS).map(({ variable }) => variable))
  assert.deepEqual(
    Object.keys(image.env).filter((name) => name.startsWith('POSTHORN_') && !known.has(name)),
    [],
  )
  configOf(image.env)
})

test('the health check of the image is green when /healthz says so, red when not, red when nobody answers', async () => {
  assert.ok(routes.includes('GET /healthz'))
  const answers = new Map([['/healthz', 200]])
  const server = createServer(({ url = '' }, answer) => answer.writeHead(answers.get(url) ?? 404).end())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const [program, ...flags] = image.health
  assert.equal(program, 'node')
  const ask = async () => {
    const asked = spawn(process.execPath, flags, { env: { ...image.env, POSTHORN_PORT: String(port) } })
    return (await once(asked, 'close'))[0] as number
  }
  assert.equal(await ask(), 0)
  answers.set('/healthz', 503)
  assert.equal(await ask(), 1)
  server.close()
  await once(server, 'close')
  assert.equal(await ask(), 1)
})

test('compose.yaml keeps the rules', () => assertNone([...composeFlaws(compose), ...togetherFlaws(ours)]))

test('compose.yaml has two APIs, three workers, and what they need', () => {
  const shape = Object.entries(compose.services).map(([name, { deploy }]) => [name, deploy?.replicas ?? 1])
  assert.deepEqual(Object.fromEntries(shape), {
    ...{ postgres: 1, redis: 1, api: 2, worker: 3, balancer: 1, prometheus: 1 },
  })
  const configs = [service('api'), service('worker')].map(({ environment = {} }) => configOf(environment))
  assert.deepEqual(
    configs.map(({ role, adminKey }) => [role, adminKey !== null]),
    [
      ['api', true],
      ['worker', false],
    ],
  )
  const [{ databaseUrl, redisUrl }] = configs as [(typeof configs)[0]]
  assert.equal(new URL(databaseUrl ?? '').hostname, 'postgres')
  assert.equal(new URL(redisUrl ?? '').hostname, 'redis')
  const command = service('redis').command ?? []
  assert.equal(command[command.indexOf('--maxmemory-policy') + 1], 'noeviction')
})

test('the balancer passes on who called, takes the largest body, and asks the port that the API has', () => {
  const path = mounts('balancer').get('/etc/nginx/conf.d/default.conf')
  assert.equal(path, './deploy/nginx.conf')
  const nginx = text('deploy/nginx.conf')
  const one = (pattern: RegExp) => pattern.exec(nginx)?.[1] ?? ''
  const limit = Number(one(/client_max_body_size (\d+)m;/)) * 1024 * 1024
  assert.ok(limit >= Math.max(LIMITS.inboundBodyBytesMax, LIMITS.batchBodyBytes), String(limit))
  assert.equal(one(/set \$api (\S+);/), `api:${image.env.POSTHORN_PORT}`)
  assert.equal(one(/X-Forwarded-For (\S+);/), '$proxy_add_x_forwarded_for')
  assert.equal(one(/X-Forwarded-Proto (\S+);/), '$scheme')
  assert.equal(one(/ Host (\S+);/), '$http_host')
  assert.ok(!nginx.includes('non_idempotent'), 'a publish must not be sent twice by the proxy')
  assert.equal(service('balancer').ports?.[0]?.split(':').at(-1), one(/listen (\d+);/))
  // Else the headers above are not believed, and all callers have the balancer's address.
  const { trustedProxies } = configOf(service('api').environment ?? {})
  const subnets = JSON.stringify(parse(text('compose.yaml')).networks.default.ipam)
  assert.ok(trustedProxies.length > 0 && trustedProxies.every((one) => subnets.includes(one)))
})

test('Prometheus asks every process of ours with a key, and has the rules', () => {
  const config = parse(text('deploy/prometheus.yaml'))
  const [scraped] = config.scrape_configs
  const [{ names, port, type }] = scraped.dns_sd_configs
  const built = Object.keys(compose.services).filter((name) => service(name).build !== undefined)
  assert.deepEqual([names, String(port), type], [built, image.env.POSTHORN_PORT, 'A'])
  // The rule PosthornDown asks for it by this name.
  assert.equal(scraped.job_name, 'posthorn')
  assert.equal(scraped.metrics_path ?? '/metrics', '/metrics')
  assert.deepEqual(
    service('prometheus').secrets?.map((name) => `/run/secrets/${name}`),
    [scraped.authorization.credentials_file],
  )
  assert.deepEqual(compose.secrets, { admin_key: { environment: 'POSTHORN_ADMIN_KEY' } })
  const mounted = mounts('prometheus')
  assert.equal(mounted.get('/etc/prometheus/prometheus.yml'), './deploy/prometheus.yaml')
  assert.deepEqual(
    config.rule_files.map((path: string) => mounted.get(path)),
    ['./docs/operating/alerts.yaml'],
  )
})

test('the manifests of Kubernetes keep the rules', () => {
  const manifests = readManifests(manifestsText)
  assertNone([...manifestFlaws(manifests, routes)])
  const replicas = manifests.flatMap(({ metadata, spec }) =>
    spec?.template === undefined
      ? []
      : [[metadata.name, spec.replicas, spec.template.spec.containers[0]?.args]],
  )
  assert.deepEqual(replicas, [
    ['posthorn-api', 2, ['serve', '--role', 'api']],
    ['posthorn-worker', 3, ['serve', '--role', 'worker']],
  ])
})

test('what the manifests run listens where its probes ask', () => {
  for (const { spec } of readManifests(manifestsText))
    for (const { ports = [] } of spec?.template?.spec.containers ?? [])
      assert.deepEqual(
        ports.map(({ containerPort }) => String(containerPort)),
        [image.env.POSTHORN_PORT],
      )
})

// ---- each rule going red ------------------------------------------------------------------------------------------

type Change = readonly [what: string, from: string | RegExp, to: string, flaw: RegExp]

function changed(whole: string, from: string | RegExp, to: string): string {
  const other = whole.replace(from, to)
  assert.notEqual(other, whole, `there is no ${from} to change`)
  return other
}

const IMAGE: readonly Change[] = [
  ['root', 'USER node\n', '', /runs as root/],
  ['a base without a version', /FROM node:\S+\nENV/, 'FROM node\nENV', /names no version/],
  [
    'a file that is not there',
    'package.json package-lock.json',
    'package.json yarn.lock',
    /yarn\.lock, which is not there/,
  ],
  ['another port', 'EXPOSE 3400', 'EXPOSE 80', /EXPOSE 80/],
  ['another entry point', 'bin/posthorn.js', 'bin/main.js', /no command of ours/],
  ['one stage', /^FROM[\s\S]*?(?=^FROM)/m, '', /one stage/],
  ['a server for itself alone', 'POSTHORN_HOST=0.0.0.0', 'POSTHORN_HOST=127.0.0.1', /nobody outside/],
]
for (const [what, from, to, flaw] of IMAGE)
  test(`red: an image with ${what}`, () =>
    assert.match(readImage(changed(dockerfile, from, to)).flaws.join('\n'), flaw))

const COMPOSE: readonly Change[] = [
  [
    'an option that is not there',
    'POSTHORN_ROLE: worker',
    'POSTHORN_ROLES: worker',
    /worker sets POSTHORN_ROLES/,
  ],
  ['an image without a version', 'redis:7.4.2-bookworm', 'redis:latest', /redis has the image/],
  ['a major version only', 'postgres:15.12-bookworm', 'postgres:15', /postgres has the image/],
  ['a writable system', /read_only: true\n {2}tmpfs: \[\/tmp\]/, 'tmpfs: [/tmp]', /api can write/],
  ['a kill before the drain', 'stop_grace_period: 45s', 'stop_grace_period: 30s', /killed after 30s/],
  [
    'a key in it',
    /POSTHORN_SECRET_KEY: \$\{.*/,
    `POSTHORN_SECRET_KEY: ${'k'.repeat(32)}`,
    /POSTHORN_SECRET_KEY in/,
  ],
  ['a port for everybody', '127.0.0.1:3400:80', '3400:80', /balancer opens/],
  ['a file that is not there', './deploy/nginx.conf', './deploy/caddy.conf', /mounts .\/deploy\/caddy/],
  [
    'a start in any order',
    'redis: { condition: service_healthy }',
    'redis: { condition: service_started }',
    /redis is healthy/,
  ],
  ['two databases', 'POSTHORN_ROLE: worker', 'POSTHORN_DATABASE_SCHEMA: other', /same --database-schema/],
  [
    'no check of health',
    /healthcheck:\n {6}test: \["CMD", "redis-cli", "ping"\]/,
    'x-none:',
    /redis has no health/,
  ],
]
for (const [what, from, to, flaw] of COMPOSE)
  test(`red: compose.yaml with ${what}`, () => {
    const other = readCompose(changed(text('compose.yaml'), from, to))
    const own = Object.values(other.services).filter(({ build }) => build !== undefined)
    assert.match([...composeFlaws(other), ...togetherFlaws(own)].join('\n'), flaw)
  })

const MANIFESTS: readonly Change[] = [
  [
    'a selector that fits nothing',
    'selector: { app: posthorn, role: api }',
    'selector: { app: other }',
    /selector fits no pod/,
  ],
  ['root', 'runAsNonRoot: true', 'runAsNonRoot: false', /runs as root/],
  ['a writable system', 'readOnlyRootFilesystem: true', 'readOnlyRootFilesystem: false', /can write/],
  ['capabilities', 'capabilities: { drop: [ALL] }', 'capabilities: { drop: [] }', /keeps capabilities/],
  [
    'a kill before the drain',
    'terminationGracePeriodSeconds: 45',
    'terminationGracePeriodSeconds: 35',
    /killed before/,
  ],
  ['a longer drain', 'POSTHORN_DRAIN_MS: "30000"', 'POSTHORN_DRAIN_MS: "60000"', /drained for 60000/],
  ['a drain that is no text', 'POSTHORN_DRAIN_MS: "30000"', 'POSTHORN_DRAIN_MS: 30000', /text in quotes/],
  ['an option that is not there', 'POSTHORN_LEASE_MARGIN_MS', 'POSTHORN_LEASE_MS', /does not know/],
  ['a probe of nothing', 'path: /readyz', 'path: /ready', /no readinessProbe at \/readyz/],
  ['a port of nothing', '{ name: http, containerPort', '{ name: web, containerPort', /no port for its/],
  ['no budget', /---\napiVersion: policy\/v1[\s\S]*$/, '', /no PodDisruptionBudget/],
  ['another version of an API', 'apiVersion: apps/v1', 'apiVersion: apps/v1beta1', /no such kind/],
  ['no limit of memory', 'limits: { memory: 512Mi }', 'limits: { cpu: 1 }', /no limit of memory/],
  [
    'a secret in it',
    /valueFrom: \{ secretKeyRef: \{ name: posthorn, key: secret-key \} \}/,
    'value: abc',
    /secret POSTHORN_SECRET_KEY/,
  ],
  ['a pod that ends at once', /lifecycle:\n.*\n.*\n/, '', /balancers still send/],
  ['migrations under a liveness probe', 'args: [migrate]', 'args: [doctor]', /migrates within a container/],
  [
    'a ConfigMap that is not there',
    'configMapRef: { name: posthorn }',
    'configMapRef: { name: other }',
    /wants the ConfigMap other/,
  ],
]
for (const [what, from, to, flaw] of MANIFESTS)
  test(`red: a manifest with ${what}`, () =>
    assert.match(
      [...manifestFlaws(readManifests(changed(manifestsText, from, to)), routes)].join('\n'),
      flaw,
    ))

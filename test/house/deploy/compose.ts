/** Rules for `compose.yaml` and the files that it mounts. Its form is the schema's affair; this is about what it says. */
import { existsSync } from 'node:fs'
import { posix } from 'node:path'
import { SERVER_OPTIONS } from '../../../packages/posthorn/src/cli/config/options.ts'
import { readServerConfig } from '../../../packages/posthorn/src/cli/config/read.ts'
import { ROOT } from '../source.ts'
import { isPinned } from './image.ts'

export interface Service {
  readonly image: string
  readonly build?: string
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly deploy?: { readonly replicas: number }
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly secrets?: readonly string[]
  readonly read_only?: boolean
  readonly cap_drop?: readonly string[]
  readonly security_opt?: readonly string[]
  readonly stop_grace_period?: string
}

export interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: Readonly<Record<string, unknown>>
  readonly secrets: Readonly<Record<string, unknown>>
}

const KNOWN: ReadonlySet<string> = new Set(Object.values(SERVER_OPTIONS).map(({ variable }) => variable))
/** As an operator would set `${NAME:?…}`. */
const GIVEN = 'abcdefghijklmnopqrstuvwxyz012345'

export function* composeFlaws(compose: Compose): Generator<string> {
  for (const [name, service] of Object.entries(compose.services)) {
    const flaws = [
      ...serviceFlaws(service, compose),
      ...(service.build === undefined ? [] : oursFlaws(service)),
    ]
    for (const flaw of flaws) yield `compose.yaml: ${name} ${flaw}`
  }
}

function* serviceFlaws(service: Service, { services, volumes, secrets }: Compose): Generator<string> {
  if (service.build === undefined && !isPinned(service.image, 2))
    yield `has the image ${service.image}: no version.`
  if (service.build === undefined && service.healthcheck === undefined) yield 'has no health check.'
  for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
    if (services[other] === undefined) yield `depends on ${other}, which is not there.`
    if (condition !== 'service_healthy') yield `does not wait until ${other} is healthy.`
  }
  for (const port of service.ports ?? [])
    if (!port.startsWith('127.0.0.1:')) yield `opens ${port} to every network of the machine.`
  for (const volume of service.volumes ?? []) {
    const [from = '', , mode] = volume.split(':')
    if (!from.startsWith('.') && !(from in volumes)) yield `has the volume ${from}, which is not declared.`
    if (from.startsWith('.') && !existsSync(posix.join(ROOT, from)))
      yield `mounts ${from}, which is not there.`
    if (from.startsWith('.') && mode !== 'ro') yield `can write ${from}.`
  }
  for (const secret of service.secrets ?? [])
    if (!(secret in secrets)) yield `has the secret ${secret}, which is not declared.`
}

/** @throws CliError for values that the program would not take */
export function configOf(environment: Readonly<Record<string, string>>) {
  const values = Object.entries(environment).map(([name, value]) => [
    name,
    String(value).replaceAll(/\$\{\w+:\?[^}]+\}/g, GIVEN),
  ])
  return readServerConfig({}, Object.fromEntries(values))
}

function* oursFlaws(service: Service): Generator<string> {
  const { environment = {}, read_only, cap_drop = [], security_opt = [], stop_grace_period = '10s' } = service
  for (const name of Object.keys(environment))
    if (!KNOWN.has(name)) yield `sets ${name}, which the program does not know.`
  for (const [name, value] of Object.entries(environment))
    if (/KEY|PASSWORD/.test(name) && !/^\$\{\w+:\?/.test(value)) yield `has ${name} in the file.`
  if (read_only !== true) yield 'can write its file system.'
  if (!cap_drop.includes('ALL')) yield 'keeps capabilities.'
  if (!security_opt.includes('no-new-privileges:true')) yield 'can get new privileges.'
  const graceMs = Number(/^(\d+)s$/.exec(stop_grace_period)?.[1]) * 1000
  const { drainMs } = configOf(environment)
  if (!(graceMs > drainMs))
    yield `is killed after ${stop_grace_period}, before it has drained for ${drainMs} ms.`
}

/** Which variables must differ between processes on one database, and which must not. */
export function* togetherFlaws(services: readonly Service[]): Generator<string> {
  const shared = [
    'databaseUrl',
    'databaseSchema',
    'redisUrl',
    'redisPrefix',
    'secretKey',
    'leaseMarginMs',
  ] as const
  const configs = services.map(({ environment = {} }) => configOf(environment))
  for (const name of shared)
    if (new Set(configs.map((config) => config[name])).size > 1)
      yield `compose.yaml: not every process has the same ${SERVER_OPTIONS[name].flag}.`
}

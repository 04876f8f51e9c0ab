/** Rules for the manifests of Kubernetes. Their form is the schemas' affair; this is about what they say. */
import { SERVER_OPTIONS } from '../../../packages/posthorn/src/cli/config/options.ts'

type Labels = Readonly<Record<string, string>>

export interface Variable {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: { readonly secretKeyRef?: { readonly name: string; readonly key: string } }
}

export interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string | number }
}

export interface Container {
  readonly name: string
  readonly args: readonly string[]
  readonly ports?: ReadonlyArray<{ readonly name: string; readonly containerPort: number }>
  readonly env?: readonly Variable[]
  readonly envFrom?: ReadonlyArray<{ readonly configMapRef?: { readonly name: string } }>
  readonly lifecycle?: { readonly preStop: { readonly exec: { readonly command: readonly string[] } } }
  readonly startupProbe?: Probe
  readonly livenessProbe?: Probe
  readonly readinessProbe?: Probe
  readonly securityContext?: {
    readonly allowPrivilegeEscalation?: boolean
    readonly readOnlyRootFilesystem?: boolean
    readonly capabilities?: { readonly drop: readonly string[] }
  }
  readonly resources?: { readonly requests?: Labels; readonly limits?: Labels }
}

export interface Pod {
  readonly automountServiceAccountToken?: boolean
  readonly terminationGracePeriodSeconds?: number
  readonly securityContext?: { readonly runAsNonRoot?: boolean; readonly runAsUser?: number }
  readonly initContainers?: readonly Container[]
  readonly containers: readonly Container[]
}

export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly labels?: Labels }
  readonly data?: Labels
  readonly spec?: {
    readonly replicas?: number
    readonly selector?: Labels & { readonly matchLabels?: Labels }
    readonly ports?: ReadonlyArray<{ readonly targetPort: string }>
    readonly template?: { readonly metadata: { readonly labels: Labels }; readonly spec: Pod }
  }
}

const VERSIONS: Readonly<Record<string, string>> = {
  ConfigMap: 'v1',
  Service: 'v1',
  Deployment: 'apps/v1',
  PodDisruptionBudget: 'policy/v1',
}
const OPTIONS = new Map(Object.values(SERVER_OPTIONS).map((row) => [row.variable, row] as const))

export function* manifestFlaws(manifests: readonly Manifest[], routes: readonly string[]): Generator<string> {
  const maps = manifests.filter(({ kind }) => kind === 'ConfigMap')
  const pods = manifests.flatMap((one) => (one.spec?.template === undefined ? [] : [one.spec.template]))
  for (const manifest of manifests) {
    const { kind, apiVersion, metadata, spec } = manifest
    const say = (flaw: string) => `${kind} ${metadata.name}: ${flaw}`
    if (VERSIONS[kind] !== apiVersion) yield say(`${apiVersion} has no such kind.`)
    const wanted = spec?.selector?.matchLabels ?? spec?.selector
    const meant = spec?.template === undefined ? pods : [spec.template]
    if (wanted !== undefined && !meant.some((pod) => fits(wanted as Labels, pod.metadata.labels)))
      yield say('its selector fits no pod.')
    for (const [name, value] of Object.entries(manifest.data ?? {}))
      for (const flaw of valueFlaws(name, value)) yield say(flaw)
    if (spec?.template === undefined) continue
    for (const flaw of podFlaws(spec.template.spec, routes, maps)) yield say(flaw)
    const budget = manifests.some(
      (one) =>
        one.kind === 'PodDisruptionBudget' &&
        fits(one.spec?.selector?.matchLabels ?? {}, spec.template?.metadata.labels ?? {}),
    )
    if (!budget) yield say('no PodDisruptionBudget keeps one of its pods.')
  }
}

function fits(wanted: Labels, labels: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value)
}

function* podFlaws(pod: Pod, routes: readonly string[], maps: readonly Manifest[]): Generator<string> {
  if (pod.securityContext?.runAsNonRoot !== true || (pod.securityContext.runAsUser ?? 0) === 0)
    yield 'runs as root.'
  if (pod.automountServiceAccountToken !== false) yield 'gets a token of the cluster that it does not need.'
  const migrates = pod.initContainers?.some(({ args }) => args[0] === 'migrate') ?? false
  if (!migrates) yield 'migrates within a container with a liveness probe, which may end it in the middle.'
  for (const one of [...(pod.initContainers ?? []), ...pod.containers])
    for (const flaw of containerFlaws(one, maps)) yield `${one.name} ${flaw}`
  for (const one of pod.containers) {
    for (const flaw of probeFlaws(one, routes)) yield `${one.name} ${flaw}`
    const drainMs = Number(variablesOf(one, maps).get('POSTHORN_DRAIN_MS') ?? SERVER_OPTIONS.drainMs.initial)
    const waitS = Number(one.lifecycle?.preStop.exec.command[1] ?? 0)
    if (!((pod.terminationGracePeriodSeconds ?? 30) * 1000 > waitS * 1000 + drainMs))
      yield `${one.name} is killed before it has waited ${waitS} s and drained for ${drainMs} ms.`
    if (one.args.includes('api') && !(waitS > 0)) yield `${one.name} ends while balancers still send to it.`
  }
}

function variablesOf(
  { env = [], envFrom = [] }: Container,
  maps: readonly Manifest[],
): Map<string, string | undefined> {
  const named = envFrom.flatMap(({ configMapRef }) =>
    Object.entries(maps.find(({ metadata }) => metadata.name === configMapRef?.name)?.data ?? {}),
  )
  return new Map<string, string | undefined>([
    ...named,
    ...env.map(({ name, value }) => [name, value] as const),
  ])
}

function* containerFlaws(container: Container, maps: readonly Manifest[]): Generator<string> {
  const { securityContext, resources, env = [], envFrom = [] } = container
  if (securityContext?.allowPrivilegeEscalation !== false) yield 'can get new privileges.'
  if (securityContext?.readOnlyRootFilesystem !== true) yield 'can write its file system.'
  if (!securityContext?.capabilities?.drop.includes('ALL')) yield 'keeps capabilities.'
  if (resources?.requests?.cpu === undefined || resources.requests.memory === undefined)
    yield 'asks for no cpu or memory.'
  if (resources?.limits?.memory === undefined) yield 'has no limit of memory.'
  for (const { configMapRef } of envFrom)
    if (!maps.some(({ metadata }) => metadata.name === configMapRef?.name))
      yield `wants the ConfigMap ${configMapRef?.name}.`
  for (const { name, value, valueFrom } of env) {
    const row = OPTIONS.get(name)
    if (row === undefined) yield `sets ${name}, which the program does not know.`
    if (row?.secret && valueFrom?.secretKeyRef === undefined) yield `has the secret ${name} in the file.`
    if (value !== undefined) yield* valueFlaws(name, value)
  }
}

function* valueFlaws(name: string, value: string): Generator<string> {
  const row = OPTIONS.get(name)
  if (row === undefined) yield `sets ${name}, which the program does not know.`
  else if (row.secret) yield `has the secret ${name} in the file.`
  else if (typeof value !== 'string') yield `${name} must be a text in quotes.`
  else if (!row.parse(value).ok) yield `${name} cannot be ${value}.`
}

function* probeFlaws(container: Container, routes: readonly string[]): Generator<string> {
  const wanted = { startupProbe: '/healthz', livenessProbe: '/healthz', readinessProbe: '/readyz' } as const
  for (const [kind, path] of Object.entries(wanted)) {
    const { httpGet } = container[kind as keyof typeof wanted] ?? {}
    if (httpGet?.path !== path || !routes.includes(`GET ${path}`)) yield `has no ${kind} at ${path}.`
    if (!container.ports?.some(({ name }) => name === httpGet?.port)) yield `has no port for its ${kind}.`
  }
}

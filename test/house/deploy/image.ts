/** The Dockerfile, read as far as the rules go: what it copies, as whom it runs, what it starts and asks. */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { ROOT } from '../source.ts'

export interface Image {
  /** Values of `ENV` of the last stage. */
  readonly env: Readonly<Record<string, string>>
  readonly user: string
  readonly port: string
  /** Of `HEALTHCHECK … CMD`. */
  readonly health: readonly string[]
  readonly entry: readonly string[]
  readonly flaws: readonly string[]
}

interface Step {
  readonly word: string
  readonly rest: string
}

export function readImage(text: string): Image {
  const stages = stagesOf(text)
  const last = stages.at(-1) ?? []
  const one = (word: string) => last.findLast((step) => step.word === word)?.rest ?? ''
  const env = Object.fromEntries(
    last
      .filter(({ word }) => word === 'ENV')
      .flatMap(({ rest }) => rest.split(/\s+/).map((pair) => pair.split('=', 2) as [string, string])),
  )
  const image = {
    env,
    user: one('USER'),
    port: one('EXPOSE'),
    health: list(one('HEALTHCHECK').replace(/^.*?\bCMD\s+/, '')),
    entry: list(one('ENTRYPOINT')),
  }
  return { ...image, flaws: [...imageFlaws(image, stages)] }
}

function stagesOf(text: string): Step[][] {
  const lines = text
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
  const stages: Step[][] = []
  for (const line of lines) {
    const [, word = '', rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? []
    if (word === 'FROM') stages.push([])
    if (word !== '') stages.at(-1)?.push({ word, rest })
  }
  return stages
}

function list(text: string): string[] {
  try {
    return JSON.parse(text) as string[]
  } catch {
    return []
  }
}

function* imageFlaws(image: Omit<Image, 'flaws'>, stages: readonly Step[][]): Generator<string> {
  if (stages.length < 2)
    yield 'Dockerfile: one stage; what is only needed to build must stay out of the image.'
  for (const { word, rest } of stages.flat()) {
    if (word === 'FROM' && !isPinned(rest.split(' ')[0] ?? '', 1))
      yield `Dockerfile: FROM ${rest} names no version.`
    if (word === 'COPY') yield* missingSources(rest)
  }
  if (image.user === '' || /^(?:root|0)\b/.test(image.user)) yield 'Dockerfile: it runs as root.'
  if (image.env.POSTHORN_PORT !== image.port)
    yield `Dockerfile: EXPOSE ${image.port}, but POSTHORN_PORT is ${image.env.POSTHORN_PORT}.`
  if (image.env.POSTHORN_HOST !== '0.0.0.0') yield 'Dockerfile: nobody outside reaches it on that host.'
  yield* entryFlaws(image.entry)
}

function* missingSources(rest: string): Generator<string> {
  if (rest.includes('--from=')) return
  const ignored = readFileSync(`${ROOT}.dockerignore`, 'utf8').trim().split('\n')
  for (const source of rest.split(/\s+/).slice(0, -1)) {
    if (!existsSync(`${ROOT}${source}`)) yield `Dockerfile: COPY ${source}, which is not there.`
    if (ignored.some((pattern) => posix.matchesGlob(source, pattern)))
      yield `Dockerfile: COPY ${source}, which .dockerignore leaves out.`
  }
}

/** It is made by npm from our package: so the file of its command, under `node_modules`. */
function* entryFlaws([program, file = '']: readonly string[]): Generator<string> {
  const [, name = ''] = /\/node_modules\/([^/]+)\//.exec(file) ?? []
  const path = `packages/${name}/package.json`
  const bin = existsSync(`${ROOT}${path}`)
    ? (JSON.parse(readFileSync(`${ROOT}${path}`, 'utf8')) as { bin?: Record<string, string> }).bin
    : undefined
  const commands = Object.values(bin ?? {}).map((one) => posix.join('/node_modules', name, one))
  if (program !== 'node' || !commands.some((one) => file.endsWith(one)))
    yield `Dockerfile: the entry point ${program} ${file} is no command of ours.`
}

/** By a tag with at least so many numbers: `postgres:15.2` has two. */
export function isPinned(image: string, numbers: number): boolean {
  const tag = /:v?(\d+(?:\.\d+)*)/.exec(image)?.[1]
  return tag !== undefined && tag.split('.').length >= numbers
}

/** What of the build is copied whole must be there to be built. */
export function ignoredOfTheBuild(): string[] {
  const ignored = readFileSync(`${ROOT}.dockerignore`, 'utf8').trim().split('\n')
  const needed = [
    'scripts/build.ts',
    'tsconfig.json',
    'LICENSE',
    ...globSync('packages/*/src/**/*.ts', { cwd: ROOT }),
  ]
  return needed.filter((path) => ignored.some((pattern) => posix.matchesGlob(path, pattern)))
}

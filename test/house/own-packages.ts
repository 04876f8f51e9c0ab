import { readFileSync } from 'node:fs'
import { posix } from 'node:path'
import type { OwnPackage } from './resolve.ts'
import { listFiles, ROOT } from './source.ts'

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly scripts?: Readonly<Record<string, string>>
  readonly exports?: Readonly<Record<string, string>>
  readonly bin?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

export interface WorkspacePackage extends OwnPackage {
  readonly manifest: Manifest
}

export function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(`${ROOT}${path}`, 'utf8')) as Manifest
}

/** The packages of the workspace. */
export function ownPackages(): WorkspacePackage[] {
  return listFiles('packages/*/package.json').map((path) => {
    const manifest = readManifest(path)
    return { name: manifest.name, folder: posix.dirname(path), exports: manifest.exports ?? {}, manifest }
  })
}

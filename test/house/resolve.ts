/** What an import means: a file of ours, a built-in module, or somebody else's package. */
import { posix } from 'node:path'
import type { SourceFile } from './source.ts'

export type Target =
  | { readonly kind: 'file'; readonly path: string; readonly bare: boolean }
  | { readonly kind: 'builtin'; readonly name: string }
  | { readonly kind: 'package'; readonly name: string }
  /** A subpath of one of our packages that its exports map does not have. */
  | { readonly kind: 'unexported'; readonly specifier: string }

/** One of our packages: its folder and where its public names lead. */
export interface OwnPackage {
  readonly name: string
  readonly folder: string
  /** From `.` or `./node` to a file in the folder. */
  readonly exports: Readonly<Record<string, string>>
}

export function resolveImport(from: SourceFile, specifier: string, own: readonly OwnPackage[]): Target {
  if (specifier.startsWith('.'))
    return { kind: 'file', path: posix.join(posix.dirname(from.path), specifier), bare: false }
  if (specifier.startsWith('node:')) return { kind: 'builtin', name: specifier.slice('node:'.length) }
  const parts = specifier.split('/')
  const name = specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] as string)
  const ours = own.find((one) => one.name === name)
  if (ours === undefined) return { kind: 'package', name }
  const file = ours.exports[specifier === name ? '.' : `.${specifier.slice(name.length)}`]
  if (file === undefined) return { kind: 'unexported', specifier }
  return { kind: 'file', path: posix.join(ours.folder, file), bare: true }
}

/** From each file to the files it imports, types included. */
export function importGraph(files: readonly SourceFile[], own: readonly OwnPackage[]): Map<string, string[]> {
  return new Map(
    files.map((file) => {
      const targets = file.imports.map(({ specifier }) => resolveImport(file, specifier, own))
      return [file.path, targets.flatMap((target) => (target.kind === 'file' ? [target.path] : []))]
    }),
  )
}

/** Import cycles, each as the files of one strongly connected group in the order in which they were met. */
export function findCycles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  return new CycleSearch(graph).run()
}

/** Tarjan, "Depth-first search and linear graph algorithms", 1972. */
class CycleSearch {
  readonly #graph: ReadonlyMap<string, readonly string[]>
  readonly #order = new Map<string, number>()
  readonly #lowest = new Map<string, number>()
  readonly #stack: string[] = []
  readonly #cycles: string[][] = []

  constructor(graph: ReadonlyMap<string, readonly string[]>) {
    this.#graph = graph
  }

  run(): string[][] {
    for (const node of this.#graph.keys()) if (!this.#order.has(node)) this.#visit(node)
    return this.#cycles
  }

  #visit(node: string): void {
    const order = this.#order.size
    this.#order.set(node, order)
    this.#lowest.set(node, order)
    this.#stack.push(node)
    for (const next of this.#graph.get(node) ?? []) {
      if (!this.#order.has(next)) {
        this.#visit(next)
        this.#lower(node, this.#lowest.get(next) as number)
      } else if (this.#stack.includes(next)) this.#lower(node, this.#order.get(next) as number)
    }
    if (this.#lowest.get(node) === order) this.#close(node)
  }

  #lower(node: string, to: number): void {
    this.#lowest.set(node, Math.min(this.#lowest.get(node) as number, to))
  }

  #close(node: string): void {
    const group = this.#stack.splice(this.#stack.indexOf(node))
    if (group.length > 1 || (this.#graph.get(node) ?? []).includes(node)) this.#cycles.push(group)
  }
}

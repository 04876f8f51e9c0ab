import { AREAS, type Area } from './layers.ts'
import { type OwnPackage, resolveImport, type Target } from './resolve.ts'
import type { Import, SourceFile } from './source.ts'

/** The area with the longest path that the file lies under. */
export function areaOf(path: string, areas: readonly Area[] = AREAS): Area | undefined {
  const matches = areas.filter((area) =>
    area.path.endsWith('/') ? path.startsWith(area.path) : path === area.path,
  )
  return matches.sort((a, b) => b.path.length - a.path.length)[0]
}

/** What breaks the table, one line each: file:line, the rule, what to do instead. */
export function layerFailures(
  files: readonly SourceFile[],
  own: readonly OwnPackage[],
  areas = AREAS,
): string[] {
  return files.flatMap((file) => {
    const area = areaOf(file.path, areas)
    if (area === undefined)
      return [
        `${file.path}:1 lies in no area. Put it where it belongs, or add its folder to test/house/layers.ts.`,
      ]
    return file.imports.flatMap((found) => {
      const problem = judge(area, file, found, own, areas)
      return problem === null ? [] : [`${file.path}:${found.line} ${problem}`]
    })
  })
}

function judge(
  area: Area,
  file: SourceFile,
  { specifier }: Import,
  own: readonly OwnPackage[],
  areas: readonly Area[],
): string | null {
  const target = resolveImport(file, specifier, own)
  switch (target.kind) {
    case 'builtin':
      if (area.builtins?.includes(target.name)) return null
      return refusal(
        area,
        specifier,
        holders(areas, (other) => other.builtins?.includes(target.name)),
      )
    case 'package':
      if (allowsPackage(area, target.name)) return null
      return refusal(
        area,
        specifier,
        holders(areas, (other) => allowsPackage(other, target.name)),
      )
    case 'unexported':
      return `imports ${specifier}, which is not in the package's exports map. Import a public name, or add the subpath to package.json and the README.`
    case 'file':
      return judgeFile(area, target, specifier, areas)
  }
}

function judgeFile(
  area: Area,
  target: Extract<Target, { kind: 'file' }>,
  specifier: string,
  areas: readonly Area[],
): string | null {
  // The manifest lies at the same relative path in what is published.
  if (target.path === `${packageFolder(area.path)}/package.json`) return null
  if (target.path.endsWith('.json'))
    return `imports ${specifier}. Data of another file type is not carried into the build; write it as a .ts module.`
  const other = areaOf(target.path, areas)
  if (other === undefined) return `imports ${specifier}, which lies in no area of test/house/layers.ts.`
  if (other.name === area.name) return null
  if (!target.bare && packageFolder(target.path) !== packageFolder(area.path))
    return `reaches into another package with ${specifier}. Import it by the package's name.`
  if (area.areas.includes(other.name) || (target.bare && area.areas.includes('public'))) return null
  return `${area.name} may not import ${other.name} (${specifier}): ${area.why}. ${advice(area, other)}`
}

function advice(area: Area, other: Area): string {
  if (area.name === 'domain' || area.name === 'ports')
    return `Move what is needed inward, or pass it in as a value.`
  if (other.areas.includes(area.name)) return `Turn it round: ${other.name} may import ${area.name}.`
  return 'Declare what is needed as an interface in ports/ and let the composition root (cli, library) pass it in.'
}

function refusal(area: Area, specifier: string, where: string): string {
  return `${area.name} may not import ${specifier}: ${area.why}. ${where}`
}

function holders(areas: readonly Area[], allows: (area: Area) => boolean | undefined): string {
  const names = areas.filter((area) => allows(area)).map((area) => area.name)
  if (names.length === 0) return 'No area may; if one should, say which and why in test/house/layers.ts.'
  return `Allowed in ${names.join(', ')}: reach it through a port.`
}

function allowsPackage(area: Area, name: string): boolean {
  return (area.packages ?? []).some((allowed) =>
    allowed.endsWith('/*') ? name.startsWith(allowed.slice(0, -1)) : allowed === name,
  )
}

function packageFolder(path: string): string {
  return path.startsWith('packages/') ? path.split('/').slice(0, 2).join('/') : ''
}

import type { RequestHead } from './way-in.ts'

/** In their order, names in lower case. */
export type HeaderList = ReadonlyArray<readonly [name: string, value: string]>

/** Headers of any shape as a list. What is no text is left out: verification will say what is wrong with it. */
export function headerList(given: RequestHead['headers']): HeaderList {
  const list: Array<readonly [string, string]> = []
  const add = (name: unknown, value: unknown) => {
    if (typeof name === 'string' && typeof value === 'string') list.push([name.toLowerCase(), value])
  }
  if (typeof given !== 'object' || given === null) return list
  if (Symbol.iterator in given) {
    for (const entry of given) if (Array.isArray(entry)) add(entry[0], entry[1])
    return list
  }
  for (const [name, value] of Object.entries(given))
    if (Array.isArray(value)) for (const one of value) add(name, one)
    else add(name, value)
  return list
}

export function valuesOf(headers: HeaderList, name: string): string[] {
  return headers.filter(([other]) => other === name).map(([, value]) => value)
}

/** The only value; undefined when it is not there, or several times. */
export function onlyValue(headers: HeaderList, name: string): string | undefined {
  let found: string | undefined
  for (const [other, value] of headers) {
    if (other !== name) continue
    if (found !== undefined) return undefined
    found = value
  }
  return found
}

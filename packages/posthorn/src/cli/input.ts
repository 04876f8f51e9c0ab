import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { LIMITS } from '../domain/limits.ts'
import type { Context } from './context.ts'
import { CliError, usageError } from './exit.ts'
import { jsonOf } from './flags.ts'

/** The bytes of a file, or of stdin for `-`. @throws CliError when it cannot be read or is larger than the limit */
export async function readBytes(path: string, limit: number, { stdin }: Context): Promise<Uint8Array> {
  if (path === '-') return await collect(stdin, limit)
  const { size } = await stat(path).catch((cause) => {
    throw unreadable(path, cause)
  })
  if (size > limit) throw tooLarge(path, limit)
  return await readFile(path).catch((cause) => {
    throw unreadable(path, cause)
  })
}

/** The JSON object in a file, or from stdin for `-`. @param what it describes, for the message */
export async function readJsonObject(
  option: string,
  path: string,
  what: string,
  context: Context,
): Promise<Record<string, unknown>> {
  const bytes = await readBytes(path, LIMITS.requestBodyBytes, context)
  const value = jsonOf(`${option} ${path}`, Buffer.from(bytes).toString('utf8'))
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw usageError(`${option} ${path} must hold a JSON object that describes ${what}.`)
  return value as Record<string, unknown>
}

/** A file or stdin as a stream of bytes, with its size when that is known. */
export async function openInput(
  path: string,
  { stdin }: Context,
): Promise<{ stream: Readable; bytes: number | null }> {
  if (path === '-') return { stream: stdin, bytes: null }
  const found = await stat(path).catch((cause) => {
    throw unreadable(path, cause)
  })
  if (found.isDirectory()) throw usageError(`${path} is a folder, not a file.`)
  return {
    stream: createReadStream(path, { highWaterMark: 1 << 20 }),
    bytes: found.isFile() ? found.size : null,
  }
}

async function collect(stream: Readable, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength
    if (bytes > limit) throw tooLarge('stdin', limit)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function tooLarge(what: string, limit: number): CliError {
  return new CliError('failed', `${what} has more than the ${limit} bytes that are accepted.`, {
    problem: { code: 'body_too_large' },
  })
}

function unreadable(path: string, cause: unknown): CliError {
  return new CliError('failed', `${path} cannot be read: ${(cause as Error).message}`, {
    problem: { code: 'file_unreadable' },
    cause,
  })
}

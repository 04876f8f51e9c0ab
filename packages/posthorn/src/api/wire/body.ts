import { LIMITS } from '../../domain/limits.ts'
import { pointer } from '../../domain/pointer.ts'
import { invalid } from '../http/validation.ts'
import { scanObject } from '../json/scan.ts'

/**
 * The value of a JSON body.
 * @throws PosthornError json_malformed, json_too_deep, invalid_request when a top-level key is given twice
 */
export function parseBody(bytes: Buffer): unknown {
  const root = scanObject(bytes, LIMITS.jsonDepth)
  const duplicate = root?.duplicate ?? null
  if (duplicate !== null) throw invalid([{ path: pointer(duplicate), message: 'is given twice' }])
  return JSON.parse(bytes.toString('utf8'))
}

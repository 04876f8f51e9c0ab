import { fromBase64 } from '../encoding.ts'
import { type DerValue, derAt } from './der.ts'

/** What is needed of a certificate. Whom to trust is decided by where it was fetched, not by its chain. */
export interface Certificate {
  /** DER of the public key. */
  readonly spki: Uint8Array
  /** Epoch milliseconds. */
  readonly notBefore: number
  readonly notAfter: number
}

const PEM = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/
const SEQUENCE = 0x30
const EXPLICIT_VERSION = 0xa0

/** The first certificate of a PEM text; undefined when there is none. */
export function parseCertificate(pem: string): Certificate | undefined {
  const digits = PEM.exec(pem)?.[1]
  const bytes = digits === undefined ? undefined : fromBase64(digits.replaceAll(/\s/g, ''), 'any')
  return bytes && readCertificate(bytes)
}

/** RFC 5280, 4.1: version, serial, algorithm, issuer, validity, subject, public key. */
function readCertificate(bytes: Uint8Array): Certificate | undefined {
  const whole = derAt(bytes, 0)
  const signed = whole && derAt(bytes, whole.from, whole.to)
  if (whole?.tag !== SEQUENCE || signed?.tag !== SEQUENCE) return undefined
  const parts: DerValue[] = []
  for (let at = signed.from; at < signed.to && parts.length < 7; ) {
    const part = derAt(bytes, at, signed.to)
    if (!part) return undefined
    if (part.tag !== EXPLICIT_VERSION) parts.push(part)
    at = part.to
  }
  const [validity, publicKey] = [parts[3], parts[5]]
  if (validity?.tag !== SEQUENCE || publicKey?.tag !== SEQUENCE) return undefined
  const start = derAt(bytes, validity.from, validity.to)
  const end = start && derAt(bytes, start.to, validity.to)
  const notBefore = start && readTime(bytes, start)
  const notAfter = end && readTime(bytes, end)
  if (notBefore === undefined || notAfter === undefined) return undefined
  return { spki: bytes.slice(publicKey.start, publicKey.to), notBefore, notAfter }
}

const UTC_TIME = 0x17
const GENERALIZED_TIME = 0x18

/** `YYMMDDHHMMSSZ` up to 2049, `YYYYMMDDHHMMSSZ` after it. */
function readTime(bytes: Uint8Array, { tag, from, to }: DerValue): number | undefined {
  if (tag !== UTC_TIME && tag !== GENERALIZED_TIME) return undefined
  const text = String.fromCharCode(...bytes.subarray(from, Math.min(to, from + 20)))
  const long = tag === GENERALIZED_TIME ? text : `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}`
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(long)
  if (!match) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

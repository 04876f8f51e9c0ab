import { BlockList, isIP } from 'node:net'
import { isPostgresUrl } from '../../domain/database-url.ts'
import { emailFlaw } from '../../domain/email.ts'
import { isRedisUrl } from '../../domain/redis-url.ts'

/** The value, or why it is none as the end of the sentence "… must be". */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly expected: string }

export type Parser<T> = (text: string) => Parsed<T>

function ok<T>(value: T): Parsed<T> {
  return { ok: true, value }
}

function no(expected: string): { readonly ok: false; readonly expected: string } {
  return { ok: false, expected }
}

export function wholeNumber(min: number, max: number): Parser<number> {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    return value >= min && value <= max ? ok(value) : no(`a whole number from ${min} to ${max}`)
  }
}

/** With a fraction, if wanted; above 0. */
export function days(max: number): Parser<number> {
  return (text) => {
    const value = /^\d{1,9}(?:\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN
    return value > 0 && value <= max ? ok(value) : no(`a number of days above 0 and at most ${max}`)
  }
}

export function text(least: number, most: number): Parser<string> {
  return (given) =>
    given.length >= least && given.length <= most
      ? ok(given)
      : no(least > 1 ? `text of at least ${least} characters` : 'text that is not empty')
}

export function oneOf<T extends string>(values: readonly T[]): Parser<T> {
  return (given) => {
    const found = values.find((value) => value === given)
    return found === undefined ? no(`one of ${values.join(', ')}`) : ok(found)
  }
}

export const postgresUrl: Parser<string> = (given) =>
  isPostgresUrl(given)
    ? ok(given)
    : no(
        'postgres://USER:PASSWORD@HOST:PORT/DATABASE, with special characters of the password percent-encoded',
      )

export const redisUrl: Parser<string> = (given) =>
  isRedisUrl(given)
    ? ok(given)
    : no('redis://USER:PASSWORD@HOST:PORT/NUMBER, with special characters of the password percent-encoded')

export const redisPrefix: Parser<string> = (given) =>
  /^[a-zA-Z0-9._-]{1,64}$/.test(given)
    ? ok(given)
    : no('a name of letters, digits, ".", "_" and "-", at most 64')

/** Not quoted anywhere, so that it is the same for everybody. */
export const schemaName: Parser<string> = (given) =>
  /^[a-z_][a-z0-9_]{0,39}$/.test(given) ? ok(given) : no('a name of a-z, 0-9 and "_", at most 40 characters')

const YES = new Set(['1', 'true', 'yes', 'on'])
const NO = new Set(['0', 'false', 'no', 'off'])

export const yesOrNo: Parser<boolean> = (given) => {
  const word = given.toLowerCase()
  if (YES.has(word)) return ok(true)
  return NO.has(word) ? ok(false) : no('1, true, yes or on; or 0, false, no or off')
}

/** What a socket can listen on: an address or a name, without port and brackets. */
export const host: Parser<string> = (given) =>
  isIP(given) > 0 || /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(given)
    ? ok(given)
    : no('an address or a host name without a port, such as 127.0.0.1, 0.0.0.0, :: or localhost')

/** Without user, query and fragment; a path stays, a slash at its end goes. */
export const publicUrl: Parser<string> = (given) => {
  const url = /^https?:\/\/[\x21-\x7e]+$/.test(given) ? URL.parse(given) : null
  return url !== null && url.username + url.password + url.search + url.hash === '' && !/[?#]/.test(given)
    ? ok(url.href.replace(/\/+$/, ''))
    : no('an http or https URL without user name, query and fragment, such as https://hooks.example.com')
}

/** `10.0.0.0/8, fd00::/8`, as one flag or one variable gives them. */
export const networks: Parser<readonly string[]> = (given) => {
  const list = given
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
  return list.length > 0 && list.every(isNetwork)
    ? ok(list)
    : no('networks in CIDR notation such as 10.0.0.0/8 or fd00::/8')
}

/** Without a path: what nodemailer reads from a query is not for here. */
export const smtpUrl: Parser<string> = (given) => {
  const url = /^smtps?:\/\/[\x21-\x7e]+$/.test(given) ? URL.parse(given) : null
  return url !== null && url.hostname !== '' && /^\/?$/.test(url.pathname) && url.search + url.hash === ''
    ? ok(given)
    : no('smtp://USER:PASSWORD@HOST:587 or smtps://…:465, with special characters percent-encoded')
}

export const mailFrom: Parser<string> = (given) =>
  emailFlaw(given) === null ? ok(given) : no('an e-mail address such as posthorn@example.com')

/** They become part of a policy: a `;` would begin another directive, and hosts of URLs may have one. */
const ORIGIN = /^https?:\/\/(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::\d{1,5})?$/

/** `https://app.example.com, https://admin.example.com`: origins, without a path. */
export const origins: Parser<readonly string[]> = (given) => {
  const list = given
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
  return list.length > 0 && list.every((one) => ORIGIN.test(one) && URL.parse(one)?.origin === one)
    ? ok(list)
    : no('origins such as https://app.example.com, without a path or a slash at the end')
}

function isNetwork(given: string): boolean {
  const [address = '', prefix = '', ...rest] = given.split('/')
  const kind = isIP(address)
  if (kind === 0 || rest.length > 0 || !/^\d{1,3}$/.test(prefix)) return false
  try {
    new BlockList().addSubnet(address, Number(prefix), kind === 4 ? 'ipv4' : 'ipv6')
    return true
  } catch {
    return false
  }
}

import type { ProviderName } from '@posthorn/receiver/providers'
import {
  EVENT,
  hmac,
  json,
  OTHER,
  OTHER_WHSEC,
  type Parts,
  request,
  type Sample,
  SECONDS,
  SECRET,
  WHSEC,
} from './sample.ts'

/** HMAC-SHA256 over the body, in one header. */
export function plain(
  name: ProviderName,
  header: string,
  options: {
    body?: unknown
    headers?: Record<string, string>
    prefix?: string
    encoding?: 'hex' | 'base64'
    algorithm?: string
    id?: string
    type?: string
  } = {},
): Sample {
  const { prefix = '', encoding = 'hex', algorithm = 'sha256', headers = {} } = options
  const body = json(options.body ?? EVENT)
  const value = prefix + hmac(algorithm, SECRET, body).digest(encoding)
  return {
    name,
    secret: SECRET,
    otherSecret: OTHER,
    place: { header },
    request: request({ ...headers, [header]: value }, body),
    ...(options.id === undefined ? {} : { id: options.id }),
    ...(options.type === undefined ? {} : { type: options.type }),
  }
}

/** HMAC-SHA256 in hex over a time stamp and the body. */
export function stamped(
  name: ProviderName,
  header: string,
  options: {
    body: unknown
    content: (body: Buffer) => Parts
    write: (signature: string) => string
    headers?: Record<string, string>
    id?: string
    type?: string
  },
): Sample {
  const body = json(options.body)
  const signature = hmac('sha256', SECRET, ...options.content(body)).digest('hex')
  return {
    name,
    secret: SECRET,
    otherSecret: OTHER,
    place: { header },
    stamped: true,
    request: request({ ...options.headers, [header]: options.write(signature) }, body),
    ...(options.id === undefined ? {} : { id: options.id }),
    ...(options.type === undefined ? {} : { type: options.type }),
  }
}

export function token(
  name: ProviderName,
  header: string,
  sample: Partial<Sample>,
  body: unknown,
  prefix = '',
): Sample {
  return {
    name,
    secret: SECRET,
    otherSecret: OTHER,
    token: true,
    place: { header },
    request: request({ [header]: prefix + SECRET, ...sample.request?.headers }, json(body)),
    ...(sample.id === undefined ? {} : { id: sample.id }),
    ...(sample.type === undefined ? {} : { type: sample.type }),
  }
}

export const STANDARD = [
  'standard-webhooks',
  'svix',
  'clerk',
  'resend',
  'openai',
  'anthropic',
  'replicate',
  'render',
] as const
export const STANDARD_TOO = ['brex', 'loops', 'xai', 'glean', 'gitlab'] as const

export function standard(name: ProviderName): Sample {
  const body = json(name === 'gitlab' ? { object_kind: 'push' } : EVENT)
  const key = Buffer.from(WHSEC.slice(6), 'base64')
  const signature = hmac('sha256', key, `msg_1.${SECONDS}.`, body).digest('base64')
  const prefix = ['svix', 'clerk', 'resend'].includes(name) ? 'svix' : 'webhook'
  return {
    name,
    secret: WHSEC,
    otherSecret: OTHER_WHSEC,
    stamped: true,
    place: { header: `${prefix}-signature` },
    request: request(
      {
        [`${prefix}-id`]: 'msg_1',
        [`${prefix}-timestamp`]: SECONDS,
        [`${prefix}-signature`]: `v1,${signature}`,
      },
      body,
    ),
    id: 'msg_1',
    type: name === 'gitlab' ? 'push' : 'order.paid',
  }
}

/** The dashboard of the queue, under `/queues`: for admins, to look at. */
import helmet from '@fastify/helmet'
import type { FastifyInstance, FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify'
import { PosthornError } from '../../domain/error.ts'
import type { Tools } from './handler.ts'
import { checkOwnPage } from './own-page.ts'
import { PROBLEM_MEDIA, toPosthornError, toProblem } from './problem.ts'
import { readCredentials } from './route.ts'

export const QUEUES_PATH = '/queues'

const POLICY = {
  defaultSrc: ["'none'"],
  baseUri: ["'self'"],
  connectSrc: ["'self'"],
  fontSrc: ["'self'", 'data:'],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
  imgSrc: ["'self'", 'data:'],
  scriptSrc: ["'self'"],
  // The dashboard sets style attributes.
  styleSrc: ["'self'", "'unsafe-inline'"],
}

/** Links of the page to other hosts, such as those of fonts. */
const FOREIGN = /<link\b[^>]*\bhref="(?:https?:)?\/\/[^>]*>/g

export async function registerQueuesPage(
  app: FastifyInstance,
  dashboard: FastifyPluginCallback,
  tools: Pick<Tools, 'authenticator' | 'origin'>,
): Promise<void> {
  await app.register(
    async (pages) => {
      pages.addHook('onRequest', async (request, reply) => admit(request, reply, tools))
      pages.addHook('onSend', async (_request, reply, body) => ownOnly(reply, body))
      await pages.register(helmet, {
        contentSecurityPolicy: { useDefaults: false, directives: POLICY },
        strictTransportSecurity: false,
        crossOriginOpenerPolicy: false,
      })
      await pages.register(dashboard)
    },
    { prefix: QUEUES_PATH },
  )
}

/** Answers by itself whoever may not see it: errors within are the dashboard's. */
async function admit(
  request: FastifyRequest,
  reply: FastifyReply,
  { authenticator, origin }: Pick<Tools, 'authenticator' | 'origin'>,
): Promise<FastifyReply | undefined> {
  try {
    // A browser sends a remembered password along with a request that another page makes: so nothing can be changed.
    if (!['GET', 'HEAD'].includes(request.method))
      throw new PosthornError('method_not_allowed', 'The dashboard of the queue is to look at only.')
    const { authorization, session = null } = readCredentials(request, origin)
    const credentials = { authorization: bearerOf(authorization), tenant: undefined, session }
    if (session !== null) checkOwnPage(request.raw, origin)
    await authenticator.identify(credentials, { scopes: [], tenant: false })
    return undefined
  } catch (thrown) {
    const error = toPosthornError(thrown, request.id)
    if (error.code === 'unauthorized')
      reply.header('www-authenticate', 'Basic realm="posthorn", charset="UTF-8"')
    if (error.code === 'method_not_allowed') reply.header('allow', 'GET, HEAD')
    reply.code(error.status).header('content-type', PROBLEM_MEDIA)
    return reply.send(JSON.stringify(toProblem(explained(error))))
  }
}

function explained(error: PosthornError): PosthornError {
  if (error.code !== 'unauthorized') return error
  return new PosthornError(
    'unauthorized',
    'Give a key of scope admin: in a browser as the password, with any user name; else as `authorization: Bearer KEY`.',
  )
}

/** An admin's key as the password of a browser. */
function bearerOf(authorization: string | undefined): string | undefined {
  const basic = /^basic +([A-Za-z0-9+/=]+) *$/i.exec(authorization ?? '')?.[1]
  if (basic === undefined) return authorization
  const text = Buffer.from(basic, 'base64').toString('utf8')
  return `Bearer ${text.slice(text.indexOf(':') + 1)}`
}

function ownOnly(reply: FastifyReply, body: unknown): unknown {
  const isPage = String(reply.getHeader('content-type') ?? '').startsWith('text/html')
  return isPage && typeof body === 'string' ? body.replace(FOREIGN, '') : body
}

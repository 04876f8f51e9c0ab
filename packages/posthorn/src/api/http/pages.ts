/** The pages for people: the API's reference under `/docs`, and the root. They alone carry a content security policy. */
import helmet from '@fastify/helmet'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { API_BASE } from '../contract/operations.ts'

const POLICY = {
  defaultSrc: ["'none'"],
  baseUri: ["'none'"],
  connectSrc: ["'self'"],
  fontSrc: ["'self'", 'data:'],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
  imgSrc: ["'self'", 'data:'],
  scriptSrc: ["'self'"],
  // Swagger UI sets style attributes.
  styleSrc: ["'self'", "'unsafe-inline'"],
}

export async function registerPages(app: FastifyInstance, document: object): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: POLICY },
    // TLS ends at a proxy, which is the one to promise it.
    strictTransportSecurity: false,
    crossOriginOpenerPolicy: false,
  })
  await app.register(swagger, {
    mode: 'static',
    specification: { document: document as never },
  })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    // The validator's badge would be fetched from another server.
    uiConfig: { validatorUrl: null, deepLinking: true, docExpansion: 'list', tryItOutEnabled: false },
    // The bar on top carries another project's logo and a field for other documents.
    theme: {
      title: 'Posthorn API',
      css: [{ filename: 'posthorn.css', content: '.swagger-ui .topbar { display: none }' }],
    },
  })
  app.get('/', (_request, reply) => reply.type('text/html; charset=utf-8').send(ROOT))
}

const ROOT = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Posthorn</title>
<h1>Posthorn</h1>
<ul>
<li><a href="/docs">The API</a>, base <code>${API_BASE}</code>, as <a href="/openapi.json">OpenAPI 3.1</a></li>
<li><a href="/healthz">Alive?</a> <a href="/readyz">Ready?</a> <a href="/metrics">Metrics</a></li>
</ul>
</html>
`

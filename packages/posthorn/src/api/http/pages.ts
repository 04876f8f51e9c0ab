/** The API's reference for people, under `/docs`. */
import helmet from '@fastify/helmet'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'

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
}

/** `@fastify/http-proxy` as it comes: the plain registration, and one header. */
import proxy from '@fastify/http-proxy'
import fastify from 'fastify'
import { authorization, ca, listenAt, upstream } from './environment.mjs'

const app = fastify()
await app.register(proxy, {
  upstream,
  replyOptions: { rewriteRequestHeaders: (_request, headers) => ({ ...headers, authorization }) },
  ...(ca && { undici: { connect: { ca } } }),
})
await app.listen(listenAt)

/** `http-proxy-middleware` on `node:http`, with the keep-alive agent that its documentation recommends. */
import { createServer, Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { createProxyMiddleware } from 'http-proxy-middleware'
import { authorization, ca, listenAt, upstream } from './environment.mjs'

const proxy = createProxyMiddleware({
  target: upstream,
  changeOrigin: true,
  headers: { authorization },
  agent: ca ? new HttpsAgent({ keepAlive: true, ca }) : new HttpAgent({ keepAlive: true }),
})
createServer((request, response) => proxy(request, response, () => response.writeHead(404).end())).listen(
  listenAt,
)

/**
 * The least that a proxy of `node:http` and undici can do: raw headers, and not one check. Do not use it:
 * it passes whatever a caller sends, and hop-by-hop headers beyond the usual ones.
 */
import { createServer } from 'node:http'
import { Agent } from 'undici'
import { authorization, ca, listenAt, upstream } from './environment.mjs'

const agent = new Agent({
  connections: 1_024,
  headersTimeout: 0,
  bodyTimeout: 0,
  ...(ca && { connect: { ca } }),
})

createServer((request, response) => {
  const headers = ['authorization', authorization]
  const { rawHeaders } = request
  for (let i = 0; i < rawHeaders.length; i += 2)
    if (!/^(?:host|connection|authorization|transfer-encoding)$/i.test(rawHeaders[i]))
      headers.push(rawHeaders[i], rawHeaders[i + 1])
  const hasBody = 'content-length' in request.headers || 'transfer-encoding' in request.headers
  const { url: path, method } = request
  const to = { origin: upstream, path, method, headers, body: hasBody ? request : null }
  agent.dispatch(to, relay(response))
}).listen(listenAt)

/** Handlers of the kind that undici calls inside: raw headers, and `false` for "wait". */
function relay(response) {
  return {
    onConnect(abort) {
      response.once('close', () => response.writableFinished || abort())
    },
    onHeaders(status, raw, resume) {
      const headers = []
      for (let i = 0; i < raw.length; i += 2) {
        const name = raw[i].toString('latin1')
        if (!/^(?:connection|keep-alive|transfer-encoding)$/i.test(name))
          headers.push(name, raw[i + 1].toString('latin1'))
      }
      response.on('drain', resume)
      response.writeHead(status, headers)
      return true
    },
    onData: (chunk) => response.write(chunk),
    onComplete: () => response.end(),
    onError: () => (response.headersSent ? response.destroy() : response.writeHead(502).end()),
  }
}

import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import t from 'tap'
import { idp } from '../helpers/clusters.ts'
import { streamingCluster } from '../helpers/fake-cluster.ts'
import { runProxy } from '../helpers/proxy.ts'
import { until } from '../helpers/until.ts'

t.test('an MCP stream passes as it comes, and ends with whoever leaves', async (t) => {
  const { tokenUrl } = await idp(t)
  const streams: { request: IncomingMessage; response: ServerResponse }[] = []
  const cluster = await streamingCluster((request, response) => {
    request.resume()
    request.once('end', () => {
      streams.push({ request, response })
      response.writeHead(200, { 'content-type': 'text/event-stream', 'mcp-session-id': 'session-1' })
      response.flushHeaders()
    })
  })
  t.teardown(() => cluster.close())
  const env = { CAMUNDA_PROXY_APIS: 'mcp' }
  const proxy = await runProxy(t, { clusterUrl: cluster.url, tokenUrl, env })

  for (const method of ['GET', 'POST']) {
    const received: string[] = []
    const headers = { accept: 'application/json, text/event-stream', 'mcp-protocol-version': '2025-06-18' }
    const call = httpRequest(`${proxy.url}/mcp`, { method, headers, agent: false })
    call.on('error', () => {})
    call.end(method === 'POST' ? '{"jsonrpc":"2.0","id":1,"method":"tools/list"}' : undefined)
    const answer = await new Promise<IncomingMessage>((resolve) => call.once('response', resolve))
    answer.on('error', () => {})
    answer.on('data', (chunk) => received.push(String(chunk)))
    t.match(answer.headers, { 'content-type': 'text/event-stream', 'mcp-session-id': 'session-1' })
    const stream = streams.at(-1)
    t.match(stream?.request.headers, headers)
    t.match(stream?.request.headers.authorization, /^Bearer /)
    for (let i = 1; i <= 5; i++) {
      stream?.response.write(`id: ${i}\ndata: {}\n\n`)
      await until(() => received.length === i, `event ${i} of ${method} has come before the next is sent`)
    }
    call.destroy()
    await until(() => cluster.open() === 0, `${method} has ended upstream`)
    t.strictSame(received.join(''), [1, 2, 3, 4, 5].map((i) => `id: ${i}\ndata: {}\n\n`).join(''))
  }
})

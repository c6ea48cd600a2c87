import t from 'tap'
import { cluster, idp } from '../helpers/clusters.ts'
import { runProxy } from '../helpers/proxy.ts'
import { openSocket, parseAnswer, requestHead } from '../helpers/raw-http.ts'

t.test('each cluster by its own rules', async (t) => {
  const [{ tokenUrl }, target] = [await idp(t), await cluster(t)]
  const entry = (more: string) =>
    `{ restAddress: '${target.url}', clientId: c, clientSecret: s, oauthUrl: '${tokenUrl}', ${more} }`
  const config = `
defaultCluster: reads
clusters:
  reads: ${entry('readOnly: true')}
  some: ${entry("allow: ['GET /v2/**', 'POST /v2/messages/*']")}
  both: ${entry("readOnly: true, allow: ['* /v2/users/**']")}
  free: ${entry('readOnly: false')}
`
  const proxy = await runProxy(t, { config })
  const call = (method: string, path: string, headers: Record<string, string> = {}) =>
    fetch(proxy.url + path, { method, headers, ...(method === 'POST' && { body: '{}' }) })
  const some = '/clusters/some'
  const both = '/clusters/both'

  const passes = [
    'GET /v2/topology',
    'HEAD /v2/topology',
    'POST /v2/process-instances/search',
    'POST /v2/user-tasks/1/variables/search?x=y',
    `GET ${some}/v2/x`,
    `POST ${some}/v2/messages/publication`,
    `POST ${both}/v2/users/search`,
    'DELETE /clusters/free/v2/x',
  ]
  for (const request of passes) {
    const [method = '', path = ''] = request.split(' ')
    t.equal((await call(method, path)).status, 200, request)
  }
  const override = { 'X-HTTP-Method-Override': 'DELETE' }
  t.equal((await call('POST', '/clusters/free/v2/x', override)).status, 200, 'where nothing is ruled out')
  const reached = target.begun()
  t.equal(reached, passes.length + 1)

  for (const [request, code] of [
    ['POST /v2/process-instances', 'read-only'],
    ['PUT /v2/users/a', 'read-only'],
    ['PATCH /v2/users/a', 'read-only'],
    ['DELETE /v2/users/a', 'read-only'],
    ['POST /clusters/reads/v2/jobs/activation', 'read-only'],
    [`DELETE ${some}/v2/messages/a`, 'not-in-scope'],
    [`POST ${some}/v2/messages`, 'not-in-scope'],
    [`DELETE ${both}/v2/users/a`, 'read-only'],
    [`GET ${both}/v2/roles`, 'not-in-scope'],
  ] as const) {
    const [method = '', path = ''] = request.split(' ')
    const answer = await call(method, path)
    t.equal(answer.status, 403, request)
    t.match(await answer.json(), { type: `urn:camunda-auth-proxy:problem:${code}` })
  }
  for (const name of ['X-HTTP-Method-Override', 'X-HTTP-Method', 'x-method-override'])
    for (const path of ['/v2/users/search', `${some}/v2/messages/a`]) {
      const answer = await call('POST', path, { [name]: 'DELETE' })
      t.equal(answer.status, 403, `${name} ${path}`)
    }
  t.equal(target.begun(), reached)
})

t.test('a refusal does not wait for the body', async (t) => {
  const [{ tokenUrl }, target] = [await idp(t), await cluster(t)]
  const env = { CAMUNDA_PROXY_READ_ONLY: 'true' }
  const proxy = await runProxy(t, { clusterUrl: target.url, tokenUrl, env })
  for (const header of ['Content-Length: 1000000', 'Transfer-Encoding: chunked']) {
    const socket = await openSocket(proxy.port)
    socket.write(requestHead('POST', '/v2/documents', [header]))
    const answer = await new Promise<string>((resolve) => {
      let text = ''
      socket.on('data', (chunk) => {
        text += String(chunk)
        if (text.includes('}')) resolve(text)
      })
    })
    t.equal(parseAnswer(answer).status, 403, header)
    socket.destroy()
  }
  t.equal(target.begun(), 0)
})

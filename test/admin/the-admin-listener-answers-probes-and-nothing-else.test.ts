import t from 'tap'
import { setUp } from '../helpers/proxy.ts'
import { rawRequest, requestHead } from '../helpers/raw-http.ts'

const adminPort = (proxy: { adminUrl: string }) => Number(new URL(proxy.adminUrl).port)

t.test('other paths and methods: a problem that names the probes', async (t) => {
  const { proxy, cluster } = await setUp(t)
  const port = adminPort(proxy)
  const none: [string, string][] = [
    ['POST', '/'],
    ['POST', '/status.json'],
    ['GET', '/readyz/'],
    ['GET', '/READYZ'],
    ['GET', '/readyz/x'],
    ['GET', '//readyz'],
    ['POST', '/metrics'],
    ['GET', '/v2/topology'],
    ['POST', '/readyz'],
    ['PUT', '/readyz'],
    ['PATCH', '/readyz'],
    ['DELETE', '/readyz'],
    ['OPTIONS', '/readyz'],
    ['OPTIONS', '*'],
  ]
  for (const [method, path] of none) {
    const answer = await rawRequest(port, requestHead(method, path))
    t.equal(answer.status, 404, `${method} ${path}`)
    t.equal(answer.header('content-type'), 'application/problem+json')
    t.match(answer.header('proxy-status'), /^camunda-auth-proxy; error=http_request_denied/)
    t.match(JSON.parse(answer.body), {
      type: 'urn:camunda-auth-proxy:problem:path-not-allowed',
      status: 404,
      detail: 'The admin listener answers GET /startupz, /livez, /readyz, /metrics, /, /status.json.',
    })
  }
  const head = await rawRequest(port, requestHead('HEAD', '/readyz', ['Connection: close']))
  t.equal(head.status, 404, 'not even HEAD')
  t.equal((await rawRequest(port, requestHead('GET', '/readyz?verbose'))).status, 200, 'a query is ignored')
  t.equal(cluster.begun(), 0, 'nothing is forwarded')
  const elsewhere = await rawRequest(proxy.port, requestHead('GET', '/readyz'))
  t.equal(elsewhere.status, 404, 'and callers find no probe on their listener')
})

t.test('the guard of the callers’ listener, apart from the caller token', async (t) => {
  const { proxy } = await setUp(t, {
    env: {
      CAMUNDA_PROXY_CALLER_TOKEN: 'a-long-random-caller-token',
      CAMUNDA_PROXY_ALLOWED_HOSTS: 'my-proxy',
    },
  })
  const port = adminPort(proxy)
  const answers: [string, string[], number][] = [
    ['localhost', [], 200],
    [`127.0.0.1:${port}`, [], 200],
    ['[::1]', [], 200],
    ['my-proxy:9601', [], 200],
    ['localhost', ['Sec-Fetch-Site: none'], 200],
    ['evil.example', [], 421],
    ['10.0.0.1', [], 421],
    ['localhost.evil.example', [], 421],
    ['', [], 421],
    ['localhost', ['Host: localhost'], 421],
    ['localhost', ['Origin: https://evil.example'], 403],
    ['localhost', ['Origin: null'], 403],
    ['localhost', [`Origin: http://localhost:${port}`], 403],
    ['localhost', ['Sec-Fetch-Site: cross-site'], 403],
    ['localhost', ['Sec-Fetch-Site: same-origin'], 403],
  ]
  const problems = new Map([
    [421, 'urn:camunda-auth-proxy:problem:host-not-allowed'],
    [403, 'urn:camunda-auth-proxy:problem:origin-not-allowed'],
  ])
  for (const path of ['/readyz', '/livez', '/startupz', '/metrics', '/elsewhere']) {
    for (const [host, headers, status] of answers) {
      const answer = await rawRequest(port, requestHead('GET', path, headers, host))
      const expected = status === 200 && path === '/elsewhere' ? 404 : status
      t.equal(answer.status, expected, `${path}, Host: ${host}, ${headers}`)
      t.notMatch(answer.head, /access-control-/i)
      const problem = problems.get(status)
      if (problem !== undefined) t.match(answer.body, problem)
    }
  }
})

t.test('the guard comes first, whatever the path and the method', async (t) => {
  const { proxy } = await setUp(t)
  const port = adminPort(proxy)
  const refused: [string, string[], number][] = [
    ['evil.example', [], 421],
    ['localhost', ['Origin: https://evil.example', 'Access-Control-Request-Method: GET'], 403],
    ['localhost', ['Sec-Fetch-Site: same-site'], 403],
  ]
  const paths = [
    '/startupz',
    '/livez',
    '/readyz',
    '/metrics',
    '/',
    '/metrics/',
    '//metrics',
    '/%6detrics',
    '/x?y',
  ]
  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']) {
    for (const path of [...paths, ...(method === 'OPTIONS' ? ['*'] : []), 'http://localhost/metrics']) {
      for (const [host, headers, status] of refused) {
        const head = requestHead(method, path, [...headers, 'Connection: close'], host)
        const answer = await rawRequest(port, head)
        t.equal(answer.status, status, `${method} ${path}, Host: ${host}, ${headers}`)
        t.notMatch(answer.head, /access-control-|text\/plain/i)
        t.notMatch(answer.body, 'camunda_auth_proxy_')
      }
    }
  }
})

t.test('off: there is none', async (t) => {
  const { proxy } = await setUp(t, { env: { CAMUNDA_PROXY_ADMIN_PORT: 'off' } })
  t.equal(proxy.app.admin, undefined)
  t.equal((await rawRequest(proxy.port, requestHead('GET', '/v2/topology'))).status, 200)
})

import t from 'tap'
import { setUp } from '../helpers/proxy.ts'
import { rawRequest, requestHead } from '../helpers/raw-http.ts'
import { faulty, load } from '../helpers/settings.ts'

const ASKS = 'X-Camunda-Proxy-Asks: token'
const adminPort = (proxy: { adminUrl: string }) => Number(new URL(proxy.adminUrl).port)

t.test('not without the setting', async (t) => {
  const { proxy } = await setUp(t)
  const answer = await rawRequest(adminPort(proxy), requestHead('GET', '/token', [ASKS]))
  t.equal(answer.status, 404)
  t.notMatch(answer.body, 'token-1')
})

t.test('to programs that ask for it, and to nothing that a page can send', async (t) => {
  const { proxy } = await setUp(t, { env: { CAMUNDA_PROXY_SHARE_TOKEN: 'true' } })
  const port = adminPort(proxy)
  const given = await rawRequest(port, requestHead('GET', '/token', [ASKS]))
  t.equal(given.status, 200)
  t.equal(given.header('cache-control'), 'no-store')
  t.strictSame(JSON.parse(given.body), {
    cluster: 'default',
    headers: [['authorization', 'Bearer token-1']],
  })
  const refused: [string, string, string[], string, number][] = [
    ['GET', '/token', [], 'localhost', 403],
    ['GET', '/token', ['X-Camunda-Proxy-Asks: other'], 'localhost', 403],
    ['GET', '/token', [ASKS, 'Origin: null'], 'localhost', 403],
    ['GET', '/token', [ASKS, 'Sec-Fetch-Site: none'], 'localhost', 403],
    ['GET', '/token', [ASKS, 'Sec-Fetch-Mode: navigate'], 'localhost', 403],
    ['GET', '/token', [ASKS], 'evil.example', 421],
    [
      'OPTIONS',
      '/token',
      ['Origin: http://x.example', 'Access-Control-Request-Method: GET'],
      'localhost',
      403,
    ],
    ['POST', '/token', [ASKS], 'localhost', 404],
    ['HEAD', '/token', [ASKS, 'Connection: close'], 'localhost', 404],
    ['GET', '/token?cluster=x', [ASKS], 'localhost', 404],
    ['GET', '/token?cluster=x&cluster=y', [ASKS], 'localhost', 404],
  ]
  for (const [method, path, headers, host, status] of refused) {
    const answer = await rawRequest(port, requestHead(method, path, headers, host))
    t.equal(answer.status, status, `${method} ${path} ${headers} ${host}`)
    t.notMatch(answer.head + answer.body, /token-1|access-control/i)
  }
  t.equal((await rawRequest(proxy.port, requestHead('GET', '/token', [ASKS]))).status, 404, 'not to callers')
})

t.test('not beyond this machine, nor past what callers are asked for', async (t) => {
  const share = { CAMUNDA_PROXY_SHARE_TOKEN: 'true' }
  const socket = { CAMUNDA_PROXY_ADMIN_SOCKET: '/run/x/admin.sock' }
  const callers = { CAMUNDA_PROXY_CALLER_TOKEN: 'a-long-random-caller-token' }
  const cases: [Record<string, string>, string[]][] = [
    [{}, []],
    [{ CAMUNDA_PROXY_ADMIN_HOST: '0.0.0.0' }, ['shareToken']],
    [{ CAMUNDA_PROXY_ADMIN_PORT: 'off' }, ['shareToken']],
    [callers, ['shareToken']],
    [{ CAMUNDA_PROXY_SOCKET: '/run/x/s' }, ['shareToken']],
    [{ ...callers, ...socket }, []],
    [{ CAMUNDA_PROXY_ADMIN_HOST: '0.0.0.0', ...socket }, []],
    [{ CAMUNDA_PROXY_SOCKET: '/run/x/../x/admin.sock', ...socket }, ['adminSocket']],
  ]
  for (const [env, expected] of cases) t.strictSame(await faulty({ ...share, ...env }), expected)
  t.match((await load(share)).warnings.join(), 'every user of this machine can read the token')
  t.strictSame((await load({ ...share, ...socket })).warnings, [])
  t.strictSame((await load(socket)).settings.admin, { socket: '/run/x/admin.sock' })
})

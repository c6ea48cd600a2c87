import t from 'tap'
import { setUp } from '../helpers/proxy.ts'
import { rawRequest, requestHead } from '../helpers/raw-http.ts'

t.test(
  'Host: the names of loopback pass, everything else is refused before anything is looked at',
  async (t) => {
    const { proxy, cluster } = await setUp(t, {
      env: { CAMUNDA_PROXY_ALLOWED_HOSTS: 'my-proxy,Other.Example' },
    })
    const good = [
      'localhost',
      'LOCALHOST',
      'localhost.',
      `localhost:${proxy.port}`,
      'localhost:1',
      '127.0.0.1',
      '127.0.0.1:80',
      '[::1]',
      '[::1]:8080',
      '[0:0:0:0:0:0:0:1]',
      'my-proxy:8080',
      'other.example.',
    ]
    for (const host of good) {
      t.equal((await rawRequest(proxy.port, requestHead('GET', '/v2/x', [], host))).status, 200, host)
    }
    const reached = cluster.begun()
    const bad = [
      'evil.example',
      'localhost.evil.example',
      'evil.example:8080',
      '127.0.0.1.evil.example',
      '10.0.0.1',
      '0.0.0.0',
      '169.254.169.254',
      '[::2]',
      '::1',
      'localhost:',
      'localhost:x',
      'localhost:999999',
      'user@localhost',
      'localhost/x',
      'localhost\\x',
      'localhost#',
      'local%68ost',
      'localhost evil',
      'localhost,evil',
      '',
    ]
    for (const host of bad) {
      for (const target of ['/v2/x', '/elsewhere']) {
        const answer = await rawRequest(proxy.port, requestHead('GET', target, [], host))
        t.equal(answer.status, 421, `Host: ${host}`)
        t.match(answer.body, 'urn:camunda-auth-proxy:problem:host-not-allowed')
      }
    }
    const missing = await rawRequest(proxy.port, 'GET /v2/x HTTP/1.1\r\n\r\n')
    t.equal(missing.status, 421, 'no Host')
    const doubled = await rawRequest(proxy.port, requestHead('GET', '/v2/x', ['Host: localhost']))
    t.equal(doubled.status, 421, 'two of them')
    const absolute = await rawRequest(
      proxy.port,
      requestHead('GET', 'http://localhost/v2/x', [], 'evil.example'),
    )
    t.equal(absolute.status, 421, 'absolute form does not get around it')
    t.equal(cluster.begun(), reached, 'the cluster saw none of it')
  },
)

t.test(
  'pages: Origin and Sec-Fetch-Site are refused for every method, and no CORS header is sent',
  async (t) => {
    const { proxy, cluster } = await setUp(t)
    const signs = [
      'Origin: https://evil.example',
      'Origin: null',
      `Origin: http://localhost:${proxy.port}`,
      'Sec-Fetch-Site: cross-site',
      'Sec-Fetch-Site: same-site',
      'Sec-Fetch-Site: same-origin',
      'Sec-Fetch-Site: nonsense',
    ]
    for (const method of ['GET', 'HEAD', 'POST', 'OPTIONS', 'DELETE']) {
      for (const sign of signs) {
        const preflight = [
          'Access-Control-Request-Method: POST',
          'Access-Control-Request-Private-Network: true',
        ]
        const answer = await rawRequest(
          proxy.port,
          requestHead(method, '/v2/x', [sign, ...preflight, 'Connection: close']),
        )
        t.equal(answer.status, 403, `${method} with ${sign}`)
        t.notMatch(answer.head, /access-control-/i)
        t.equal(answer.header('cross-origin-resource-policy'), 'same-origin')
      }
    }
    t.equal(cluster.begun(), 0)
    const typed = ['Sec-Fetch-Site: none', 'Sec-Fetch-Mode: navigate']
    t.equal(
      (await rawRequest(proxy.port, requestHead('GET', '/v2/x', typed))).status,
      200,
      'an address that somebody typed',
    )
  },
)

t.test('browsers that do not say which page asks, as over plain http to a name', async (t) => {
  const { proxy, cluster } = await setUp(t, { env: { CAMUNDA_PROXY_ALLOWED_HOSTS: 'my-proxy' } })
  const status = async (...headers: string[]) =>
    (await rawRequest(proxy.port, requestHead('GET', '/v2/x', headers, 'my-proxy'))).status
  const agent = 'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36'
  t.equal(await status(agent, 'Accept-Language: en'), 403)
  t.equal(await status(agent, 'Accept-Language:'), 403)
  t.equal(cluster.begun(), 0)
  t.equal(await status(agent, 'Accept-Language: en', 'Sec-Fetch-Site: none'), 200, 'typed')
  t.equal(await status(agent), 200, 'as scripting languages call themselves')
  t.equal(await status('User-Agent: Java-http-client/21', 'Accept-Language: de'), 200)
  t.equal(await status('Accept-Language: de'), 200)
})

t.test('a caller token, where one is set', async (t) => {
  const { proxy, cluster } = await setUp(t, {
    env: { CAMUNDA_PROXY_CALLER_TOKEN: 'a-long-random-caller-token' },
  })
  const wrong = [
    [],
    ['X-Camunda-Proxy-Token: wrong'],
    ['X-Camunda-Proxy-Token:'],
    [
      'X-Camunda-Proxy-Token: a-long-random-caller-token',
      'X-Camunda-Proxy-Token: a-long-random-caller-token',
    ],
  ]
  for (const headers of wrong) {
    const answer = await rawRequest(proxy.port, requestHead('GET', '/v2/x', headers))
    t.equal(answer.status, 401)
    t.match(answer.body, 'urn:camunda-auth-proxy:problem:caller-not-authenticated')
    t.match(answer.header('www-authenticate'), 'CallerToken')
  }
  t.equal(cluster.begun(), 0)
  const right = requestHead('GET', '/v2/x', ['x-camunda-proxy-token: a-long-random-caller-token'])
  t.equal((await rawRequest(proxy.port, right)).status, 200)
  t.notOk(cluster.seen[0]?.headers['x-camunda-proxy-token'], 'it goes no further')
})

t.test('beyond loopback any address will do as Host, names still have to be declared', async (t) => {
  const { proxy } = await setUp(t, {
    env: { CAMUNDA_PROXY_HOST: '0.0.0.0', CAMUNDA_PROXY_CALLER_TOKEN: 'a-long-random-caller-token' },
  })
  const status = async (host: string) =>
    (
      await rawRequest(
        proxy.port,
        requestHead('GET', '/v2/x', ['X-Camunda-Proxy-Token: a-long-random-caller-token'], host),
      )
    ).status
  t.equal(await status('10.1.2.3:8080'), 200)
  t.equal(await status('[fd00::1]'), 200)
  t.equal(await status('rebound.example'), 421)
  for (const host of ['0.0.0.0:8080', '[::]']) t.equal(await status(host), 421, 'this is nobody’s address')
})

import t from 'tap'
import type { Answer } from '../helpers/fake-cluster.ts'
import { setUp } from '../helpers/proxy.ts'
import { type RawAnswer, rawRequest, requestHead } from '../helpers/raw-http.ts'

const PAGE = 'http://localhost:3000'
const TOKEN = 'a-long-random-caller-token'
const env = { CAMUNDA_PROXY_ALLOWED_ORIGINS: `${PAGE},https://app.example` }

const open: Answer = (_request, response) => {
  response.writeHead(200, [
    ['Vary', 'Accept-Encoding'],
    ['Access-Control-Allow-Origin', '*'],
    ['Access-Control-Allow-Credentials', 'true'],
    ['Access-Control-Expose-Headers', 'Set-Cookie'],
    ['Content-Length', '2'],
  ])
  response.end('{}')
}

const asked = ['Access-Control-Request-Method: POST', 'Access-Control-Request-Headers: content-type, x-other']

/** The headers of an answer that decide which page may read it. */
function forPages({ head }: RawAnswer): string[] {
  return head
    .split('\r\n')
    .filter((line) => /^(?:access-control-|vary)/i.test(line))
    .map((line) => line.toLowerCase())
    .sort()
}

const readable = [
  'access-control-allow-origin: http://localhost:3000',
  'access-control-expose-headers: content-disposition, content-encoding, etag, link, location, proxy-status, retry-after, www-authenticate',
  'vary: origin',
]

t.test('what an allowed page asks is forwarded, and its browser is told so', async (t) => {
  const { proxy, cluster } = await setUp(t, { env, answer: open })
  for (const method of ['GET', 'HEAD', 'POST', 'OPTIONS', 'DELETE']) {
    for (const site of [[], ['Sec-Fetch-Site: cross-site'], ['Sec-Fetch-Site: same-site']]) {
      const head = requestHead(method, '/v2/x', [`Origin: ${PAGE}`, ...site, 'Connection: close'])
      const answer = await rawRequest(proxy.port, head)
      t.equal(answer.status, 200, `${method} ${site}`)
      t.strictSame(forPages(answer), [...readable, 'vary: accept-encoding'].sort())
    }
  }
  t.equal(cluster.begun(), 15)
  for (const { headers } of cluster.seen) t.notOk(headers.origin, 'the cluster does not judge it again')
})

t.test('every other page is refused, and told nothing', async (t) => {
  const { proxy, cluster } = await setUp(t, { env })
  const others = [
    ['Origin: https://evil.example'],
    ['Origin: null'],
    ['Origin:'],
    ['Origin: *'],
    ['Origin: http://localhost'],
    ['Origin: http://localhost:3001'],
    ['Origin: https://localhost:3000'],
    ['Origin: http://localhost:3000/'],
    ['Origin: HTTP://localhost:3000'],
    ['Origin: http://localhost:3000.evil.example'],
    ['Origin: http://evil.example,http://localhost:3000'],
    [`Origin: ${PAGE}`, 'Origin: https://evil.example'],
    [`Origin: ${PAGE}`, `Origin: ${PAGE}`],
    [`Origin: http://localhost:${proxy.port}`],
    ['Sec-Fetch-Site: cross-site'],
    ['Sec-Fetch-Site: same-site'],
    ['Sec-Fetch-Site: same-origin'],
    ['Sec-Fetch-Site: same-site', `Referer: ${PAGE}/`],
  ]
  for (const method of ['GET', 'POST', 'OPTIONS']) {
    for (const signs of others) {
      const answer = await rawRequest(proxy.port, requestHead(method, '/v2/x', [...signs, ...asked]))
      t.equal(answer.status, 403, `${method} ${signs}`)
      t.strictSame(forPages(answer), [])
    }
  }
  const rebound = [`Origin: ${PAGE}`, ...asked]
  const answer = await rawRequest(proxy.port, requestHead('OPTIONS', '/v2/x', rebound, 'evil.example'))
  t.equal(answer.status, 421, 'under a foreign name, not even an allowed one')
  t.strictSame(forPages(answer), [])
  t.equal(cluster.begun(), 0)
})

t.test('a preflight is answered here, without a caller token', async (t) => {
  const { proxy, cluster, idp } = await setUp(t, {
    env: { ...env, CAMUNDA_PROXY_CALLER_TOKEN: TOKEN },
    warm: false,
  })
  const preflight = (headers: string[], target = '/v2/x') =>
    rawRequest(
      proxy.port,
      requestHead('OPTIONS', target, [`Origin: ${PAGE}`, ...headers, 'Connection: close']),
    )
  const answer = await preflight(asked)
  t.equal(answer.status, 204)
  t.equal(answer.header('access-control-allow-origin'), PAGE)
  t.equal(answer.header('access-control-allow-headers'), 'content-type, x-other')
  t.equal(answer.header('access-control-max-age'), '600')
  t.equal(
    answer.header('vary'),
    'origin, access-control-request-method, access-control-request-headers, access-control-request-private-network',
  )
  const methods = answer.header('access-control-allow-methods')?.split(', ')
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) t.ok(methods?.includes(method), method)
  for (const method of ['TRACE', 'CONNECT', '*']) t.notOk(methods?.includes(method), method)
  t.notMatch(answer.head, /allow-credentials|allow-private-network/i)

  const local = await preflight([...asked, 'Access-Control-Request-Private-Network: true'])
  t.equal(local.header('access-control-allow-private-network'), 'true')
  for (const names of ['a b', 'x:y', 'x,', '"', `x${'y'.repeat(1_024)}`]) {
    const odd = await preflight([asked[0] ?? '', `Access-Control-Request-Headers: ${names}`])
    t.equal(odd.status, 204)
    t.notMatch(odd.head, /allow-headers/i, 'what is no list of names is not repeated')
  }
  for (const target of ['/elsewhere', '*', '/v2/../x'])
    t.equal((await preflight(asked, target)).status, 204, 'it says nothing of what there is')
  t.equal(cluster.begun(), 0)
  t.equal(idp.requests.length, 0, 'and costs no credential')
})

t.test('what is no preflight needs the caller token, and its page can read why', async (t) => {
  const { proxy, cluster } = await setUp(t, { env: { ...env, CAMUNDA_PROXY_CALLER_TOKEN: TOKEN } })
  const status = async (method: string, headers: string[]) =>
    (await rawRequest(proxy.port, requestHead(method, '/v2/x', [`Origin: ${PAGE}`, ...headers]))).status
  t.equal(await status('OPTIONS', []), 401)
  t.equal(await status('GET', asked), 401)
  t.equal(await status('POST', asked), 401)
  t.equal(cluster.begun(), 0)
  t.equal(await status('GET', [`X-Camunda-Proxy-Token: ${TOKEN}`]), 200)
  const refused = await rawRequest(proxy.port, requestHead('GET', '/v2/x', [`Origin: ${PAGE}`]))
  t.strictSame(forPages(refused), readable)
  const nowhere = requestHead('GET', '/x', [`Origin: ${PAGE}`, `X-Camunda-Proxy-Token: ${TOKEN}`])
  const notFound = await rawRequest(proxy.port, nowhere)
  t.equal(notFound.status, 404)
  t.strictSame(forPages(notFound), readable)
})

t.test('a problem on the way to the cluster can be read, too', async (t) => {
  const { proxy, cluster } = await setUp(t, { env })
  await cluster.close()
  const answer = await rawRequest(proxy.port, requestHead('GET', '/v2/x', [`Origin: ${PAGE}`]))
  t.equal(answer.status, 502)
  t.strictSame(forPages(answer), readable)
})

t.test('without an origin the answer only says that it would be another with one', async (t) => {
  const { proxy } = await setUp(t, { env, answer: open })
  t.strictSame(forPages(await rawRequest(proxy.port, requestHead('GET', '/v2/x'))), [
    'vary: accept-encoding',
    'vary: origin',
  ])
  const without = await setUp(t, { answer: open })
  t.strictSame(forPages(await rawRequest(without.proxy.port, requestHead('GET', '/v2/x'))), [
    'vary: accept-encoding',
  ])
})

t.test('the admin listener lets no page in, and is loaded by none', async (t) => {
  const { proxy } = await setUp(t, { env })
  const port = Number(new URL(proxy.adminUrl).port)
  for (const path of ['/metrics', '/readyz', '/elsewhere']) {
    for (const method of ['GET', 'OPTIONS']) {
      const answer = await rawRequest(port, requestHead(method, path, [`Origin: ${PAGE}`, ...asked]))
      t.equal(answer.status, 403, `${method} ${path}`)
      t.strictSame(forPages(answer), [])
    }
    const answer = await rawRequest(port, requestHead('GET', path))
    t.equal(answer.header('cross-origin-resource-policy'), 'same-origin', path)
    t.equal(answer.header('x-content-type-options'), 'nosniff', path)
  }
})

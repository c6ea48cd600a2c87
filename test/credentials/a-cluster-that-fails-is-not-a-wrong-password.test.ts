import t from 'tap'
import { selfSigned } from '../helpers/certificate.ts'
import { lines, loginAt, PASSWORD, toldLab } from '../helpers/cookie-lab.ts'
import { rawServer, streamingCluster } from '../helpers/fake-cluster.ts'
import { failureOf } from '../helpers/oauth-lab.ts'

t.test('it is busy or broken: the other page is not tried', async (t) => {
  for (const status of [408, 429, 500, 502, 503, 504]) {
    const { failure, cluster } = await toldLab(t, (_request, response) =>
      response.writeHead(status, { 'content-type': 'application/problem+json' }).end('{}'),
    )
    t.strictSame(await failure(), {
      code: `http-${status}`,
      message: `The cluster ${new URL(cluster.url).host} answered status ${status} to the login at ${cluster.url}/login.`,
      refused: false,
    })
    t.strictSame(lines(cluster), ['POST /login'])
  }
})

t.test('it is waited for as it asks, in seconds or until a date by its own clock', async (t) => {
  const date = 'Tue, 09 Mar 2027 08:00:00 GMT'
  for (const [value, wait] of [
    ['17', 17_000],
    ['9999', 300_000],
    ['Tue, 09 Mar 2027 08:01:30 GMT', 90_000],
    ['soon', undefined],
  ] as const) {
    const { failure } = await toldLab(t, (_request, response) =>
      response.writeHead(429, { 'retry-after': value, date }).end(),
    )
    t.equal((await failure()).retryAfterMs, wait, value)
  }
})

t.test('nobody listens', async (t) => {
  const server = await rawServer(() => {})
  await server.close()
  t.strictSame(await loginAt(t, server.url).failure(), {
    code: 'network',
    message: `The cluster 127.0.0.1:${server.port} could not be reached (ECONNREFUSED).`,
    refused: false,
  })
})

t.test('it breaks off, or does not speak HTTP', async (t) => {
  for (const bytes of ['', 'HTTP/1.1 204 No Con', 'SSH-2.0-OpenSSH_9.6\r\n']) {
    const server = await rawServer((socket) => socket.once('data', () => socket.end(bytes)))
    t.teardown(() => server.close())
    t.match(await loginAt(t, server.url).failure(), { code: 'network', refused: false })
  }
})

t.test('its certificate is not one to trust: it gets nothing', async (t) => {
  let requests = 0
  const cluster = await streamingCluster((_request, response) => {
    requests++
    response.end()
  }, selfSigned('localhost'))
  t.teardown(() => cluster.close())
  t.match(await loginAt(t, cluster.url).failure(), {
    code: 'tls',
    refused: false,
    message: `The certificate of 127.0.0.1:${cluster.port} was not accepted`,
  })
  t.equal(requests, 0)
})

t.test('it does not answer in time, and is left then', async (t) => {
  const late = new AbortController()
  const limits: number[] = []
  t.intercept(AbortSignal, 'timeout', {
    value: (ms: number) => {
      limits.push(ms)
      return late.signal
    },
  })
  const { failure, cluster } = await toldLab(t, () => late.abort(new DOMException('late', 'TimeoutError')))
  t.strictSame(await failure(), {
    code: 'timeout',
    message: `The cluster ${new URL(cluster.url).host} did not answer in time.`,
    refused: false,
  })
  t.strictSame(limits, [9_000], 'less than its keeper would wait, whose words name nobody')
})

t.test('an attempt that is given up ends, and so does its connection', async (t) => {
  const giving = new AbortController()
  const { source, cluster } = await toldLab(t, () => giving.abort(new Error('given up')))
  t.match(await failureOf(source.acquire(giving.signal), [PASSWORD]), { refused: false })
  while (cluster.open() > 0) await new Promise((resolve) => setImmediate(resolve))
  t.equal(cluster.begun(), 1)
  t.match(await failureOf(source.acquire(giving.signal), [PASSWORD]), { refused: false })
  t.equal(cluster.begun(), 1, 'given up beforehand: no request')
})

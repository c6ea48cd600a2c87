import t from 'tap'
import { setUp } from '../helpers/proxy.ts'
import { rawRequest, requestHead } from '../helpers/raw-http.ts'

const lines = (proxy: { logLines(): Record<string, unknown>[] }) =>
  proxy
    .logLines()
    .filter((line) => line.path !== undefined)
    .map(({ status, source, path, problem }) => ({ status, source, path, problem }))

const answer = (request: { url: string }, response: { writeHead(status: number): { end(): void } }) =>
  response.writeHead(Number(request.url.split('/')[2]?.split('?')[0])).end()

async function calls(t: Parameters<typeof setUp>[0], mode: string) {
  const { proxy } = await setUp(t, { answer, env: { CAMUNDA_PROXY_ACCESS_LOG: mode } })
  for (const path of ['/v2/200', '/v2/404?email=someone@example.com', '/elsewhere'])
    await fetch(proxy.url + path)
  t.notMatch(proxy.log(), 'someone@example.com', 'a query is not logged')
  return lines(proxy)
}

const byCluster = (status: number) => ({
  status,
  source: 'cluster',
  path: `/v2/${status}`,
  problem: undefined,
})
const byProxy = { status: 404, source: 'proxy', path: '/elsewhere', problem: 'path-not-allowed' }

t.test('errors: statuses from 400, and what this proxy said', async (t) => {
  t.strictSame(await calls(t, 'errors'), [byCluster(404), byProxy])
})

t.test('all', async (t) => {
  t.strictSame(await calls(t, 'all'), [byCluster(200), byCluster(404), byProxy])
})

t.test('off', async (t) => {
  t.strictSame(await calls(t, 'off'), [])
})

t.test('a preflight is among all, and is no error', async (t) => {
  const origin = 'http://localhost:3000'
  const headers = [`Origin: ${origin}`, 'Access-Control-Request-Method: GET', 'Connection: close']
  for (const [mode, logged] of [
    ['all', [{ status: 204, source: 'proxy', path: '/v2/topology', problem: undefined }]],
    ['errors', []],
  ] as const) {
    const { proxy } = await setUp(t, {
      env: { CAMUNDA_PROXY_ACCESS_LOG: mode, CAMUNDA_PROXY_ALLOWED_ORIGINS: origin },
    })
    const { status } = await rawRequest(proxy.port, requestHead('OPTIONS', '/v2/topology', headers))
    t.equal(status, 204)
    t.strictSame(lines(proxy), logged)
  }
})

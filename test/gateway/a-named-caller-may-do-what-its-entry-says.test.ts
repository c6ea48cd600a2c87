import t from 'tap'
import { cluster, idp, tokenHash } from '../helpers/clusters.ts'
import { fileIn, runProxy } from '../helpers/proxy.ts'

const CALLERS = `
callers:
  - { name: everything, tokenHash: '${tokenHash('token-1')}' }
  - name: reports
    tokenHash: '${tokenHash('token-2').toUpperCase()}'
    allow: [GET /v2/**, POST /v2/*/search]
  - { name: test-only, tokenHash: '${tokenHash('token-3')}', clusters: [test] }
  - { name: main-only, tokenHash: '${tokenHash('token-4')}', clusters: [default] }
  - { name: prod-only, tokenHash: '${tokenHash('token-5')}', clusters: [prod] }
`

t.test('methods, paths and clusters, beside the one caller token', async (t) => {
  const [{ tokenUrl }, target] = [await idp(t), await cluster(t)]
  const entry = `{ restAddress: '${target.url}', clientId: c, clientSecret: s, oauthUrl: '${tokenUrl}' }`
  const config = `
defaultCluster: prod
callersFile: ${fileIn(t, 'callers.yaml', CALLERS)}
callerToken: the one token
accessLog: all
clusters: { prod: ${entry}, test: ${entry} }
`
  const proxy = await runProxy(t, { config })
  const [prod, test] = ['/clusters/prod', '/clusters/test']
  const call = (token: string, method: string, path: string, headers: Record<string, string> = {}) =>
    fetch(proxy.url + path, { method, headers: { ...headers, 'x-camunda-proxy-token': token } })

  for (const [token, method, path] of [
    ['the one token', 'DELETE', '/v2/x'],
    ['the one token', 'DELETE', `${test}/v2/x`],
    ['token-1', 'DELETE', '/v2/x'],
    ['token-1', 'DELETE', `${test}/v2/x`],
    ['token-2', 'GET', '/v2/x/y'],
    ['token-2', 'HEAD', `${test}/v2/x`],
    ['token-2', 'POST', '/v2/users/search?x'],
    ['token-3', 'DELETE', `${test}/v2/x`],
    ['token-4', 'GET', '/v2/x'],
    ['token-5', 'GET', '/v2/x'],
    ['token-5', 'GET', `${prod}/v2/x`],
  ] as const)
    t.equal((await call(token, method, path)).status, 200, `${token} ${method} ${path}`)
  const passed = target.begun()

  for (const [token, method, path, name, header] of [
    ['token-2', 'POST', '/v2/users', 'reports'],
    ['token-2', 'DELETE', `${test}/v2/x`, 'reports'],
    ['token-2', 'GET', '/v2/x', 'reports', 'x-http-method-override'],
    ['token-3', 'GET', '/v2/x', 'test-only'],
    ['token-3', 'GET', `${prod}/v2/x`, 'test-only'],
    ['token-4', 'GET', `${test}/v2/x`, 'main-only'],
    ['token-5', 'GET', `${test}/v2/x`, 'prod-only'],
  ] as const) {
    const answer = await call(token, method, path, header === undefined ? {} : { [header]: 'DELETE' })
    t.equal(answer.status, 403, `${token} ${method} ${path}`)
    t.match(await answer.json(), { type: 'urn:camunda-auth-proxy:problem:not-in-scope' })
    t.match(proxy.logLines().at(-1), { status: 403, caller: name, problem: 'not-in-scope' })
  }
  for (const token of ['', 'token-0', tokenHash('token-1'), 'token-1 x']) {
    const answer = await call(token, 'GET', '/v2/x')
    t.equal(answer.status, 401, token)
    t.match(answer.headers.get('www-authenticate'), 'CallerToken')
    t.notOk(proxy.logLines().at(-1)?.caller)
  }
  t.equal(target.begun(), passed, 'nothing of this reached a cluster')

  const callers = proxy.logLines().filter(({ source }) => source === 'cluster')
  t.strictSame(
    callers.slice(0, 5).map(({ caller }) => caller),
    [undefined, undefined, 'everything', 'everything', 'reports'],
  )
  t.notMatch(JSON.stringify(target.seen), /token-\d/, 'a caller token goes no further')
  t.notMatch(proxy.log(), new RegExp(`token-[1-5]|${tokenHash('token-1')}`, 'i'))
})

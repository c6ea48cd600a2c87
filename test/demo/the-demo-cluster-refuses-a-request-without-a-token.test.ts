import t from 'tap'
import { cluster, identityProvider } from './demo.ts'

t.test('the refusal is a problem that names the path, and the challenge names no error', async (t) => {
  const { url } = await cluster(t, await identityProvider(t))
  const response = await fetch(`${url}/v2/topology?x=1`)

  t.equal(response.status, 401)
  t.equal(response.headers.get('content-type'), 'application/problem+json')
  t.equal(response.headers.get('www-authenticate'), 'Bearer')
  t.same(await response.json(), {
    type: 'about:blank',
    title: 'Unauthorized',
    status: 401,
    detail: 'A Bearer token is required',
    instance: '/v2/topology?x=1',
  })
})

t.test('on an unknown path as well', async (t) => {
  const { url } = await cluster(t, await identityProvider(t))
  t.equal((await fetch(`${url}/v2/no-such-thing`)).status, 401)
})

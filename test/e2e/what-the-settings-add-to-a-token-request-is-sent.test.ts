import t from 'tap'
import { setUp } from '../helpers/proxy.ts'

const expected = {
  form: { resource_group: 'a b', 'x+y': 'ü=1', empty: '', audience: 'the audience' },
  headers: { 'x-tenant': 'one two', 'x-key': 'canary=1' },
}

t.test('from variables', async (t) => {
  const { idp } = await setUp(t, {
    env: {
      CAMUNDA_TOKEN_AUDIENCE: 'the audience',
      CAMUNDA_PROXY_OAUTH_PARAMETERS: 'resource_group=a%20b&x%2By=%C3%BC=1&empty=',
      CAMUNDA_PROXY_OAUTH_HEADERS: 'X-Tenant=one+two&X-Key=canary%3D1',
    },
  })
  t.match(Object.fromEntries(idp.requests[0]?.form ?? []), expected.form)
  t.match(idp.requests[0]?.headers, expected.headers)
})

t.test('from a file', async (t) => {
  const settings = [
    'oauthParameters: {resource_group: a b, x+y: ü=1, empty: ""}',
    'oauthHeaders: {X-Tenant: one two, X-Key: canary=1}',
    'tokenAudience: the audience',
  ]
  const path = `${t.testdir({ 'settings.yaml': settings.join('\n') })}/settings.yaml`
  const { idp, proxy } = await setUp(t, { env: { CAMUNDA_PROXY_CONFIG: path } })
  t.match(Object.fromEntries(idp.requests[0]?.form ?? []), expected.form)
  t.match(idp.requests[0]?.headers, expected.headers)
  t.notMatch(proxy.log(), 'canary')
})

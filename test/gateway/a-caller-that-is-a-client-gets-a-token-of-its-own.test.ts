import t from 'tap'
import { clientCallers } from '../helpers/client-callers.ts'
import { basic, clientsOf, cluster, idp } from '../helpers/clusters.ts'
import { json } from '../helpers/fake-idp.ts'
import { runProxy } from '../helpers/proxy.ts'

t.test('two clients, two tokens; the same client again, the same token', async (t) => {
  const { proxy, call, target, asked } = await clientCallers(t)
  t.equal((await call('one', 'right')).status, 200)
  t.equal((await call('two', 'right')).status, 200)
  t.strictSame(
    (await Promise.all(Array.from({ length: 20 }, () => call('one', 'right')))).map(({ status }) => status),
    Array.from({ length: 20 }, () => 200),
  )
  t.strictSame(clientsOf(target).slice(0, 2), ['one/-', 'two/-'])
  t.equal(clientsOf(target).filter((client) => client === 'one/-').length, 21)
  t.equal(asked('one'), 1)
  t.equal(asked('two'), 1)
  t.notMatch(JSON.stringify(target.seen), /Basic/i)
  for (const probe of ['startupz', 'livez', 'readyz'])
    t.equal((await fetch(`${proxy.adminUrl}/${probe}`)).status, 200, `${probe} does not wait for a caller`)
})

t.test('clusters that ask for another token do not share it', async (t) => {
  const [provider, target] = [await idp(t), await cluster(t)]
  const entry = (more: string) =>
    `{ restAddress: '${target.url}', oauthUrl: '${provider.tokenUrl}', ${more} }`
  const config = `
callerAuth: client-credentials
defaultCluster: a
clusters:
  a: ${entry('oauthParameters: { realm: a }')}
  b: ${entry('oauthParameters: { realm: b }')}
  c: ${entry('oauthParameters: { realm: a }')}
  d: ${entry('oauthParameters: { realm: a }, tokenAudience: d')}
`
  const proxy = await runProxy(t, { config })
  for (const name of ['a', 'b', 'c', 'd', 'a'])
    await fetch(`${proxy.url}/clusters/${name}/v2/x`, { headers: basic('one', 'right') })
  t.strictSame(
    provider.requests.map(({ form }) => [form.get('realm'), form.get('audience')]),
    [
      ['a', null],
      ['b', null],
      ['a', 'd'],
    ],
  )
})

t.test('a token that was revoked is renewed, and the request sent again', async (t) => {
  let valid = 'one/-/1'
  const { call, target, asked } = await clientCallers(t, {
    cluster: ({ headers }, response) =>
      json(response, headers.authorization === `Bearer ${valid}` ? 200 : 401, {}),
  })
  t.equal((await call('one', 'right')).status, 200)
  valid = 'one/-/2'
  t.equal((await call('one', 'right')).status, 200)
  t.equal(target.seen.length, 3)
  t.equal(asked('one'), 2)
})

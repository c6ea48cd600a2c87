import { chmodSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import t from 'tap'
import { faults, faulty, load } from '../helpers/settings.ts'

t.test('listening beyond loopback needs a caller token, or the word', async (t) => {
  for (const host of ['0.0.0.0', '::', '192.168.1.5', 'my-host']) {
    t.same(await faulty({ CAMUNDA_PROXY_HOST: host }), ['host'], host)
    t.ok(await load({ CAMUNDA_PROXY_HOST: host, CAMUNDA_PROXY_CALLER_TOKEN: 'a-long-random-text' }))
    const allowed = await load({ CAMUNDA_PROXY_HOST: host }, ['--allow-remote'])
    t.match(allowed.warnings, [/^every machine that reaches .* can use the credential/])
  }
  for (const host of ['127.0.0.1', '127.8.9.10', '::1', 'localhost'])
    t.ok(await load({ CAMUNDA_PROXY_HOST: host }), host)
  t.ok(
    await load({ CAMUNDA_PROXY_HOST: '0.0.0.0', CAMUNDA_PROXY_SOCKET: '/run/x.sock' }),
    'a socket listens nowhere else',
  )
})

t.test('plain http only to this machine, or to hosts that are named', async (t) => {
  t.same(await faulty({ CAMUNDA_OAUTH_URL: 'http://keycloak:8080/token' }), ['oauthUrl'])
  t.same(await faulty({ CAMUNDA_REST_ADDRESS: 'http://cluster:8080' }), ['restAddress'])
  t.match(await faults({ CAMUNDA_REST_ADDRESS: 'http://cluster:8080' }), [
    { expected: /^https, or cluster to be listed in allowPlainHttp/ },
  ])
  t.same(await faulty({ CAMUNDA_OAUTH_URL: 'http://localhost.evil.example/token' }), ['oauthUrl'])
  t.same(await faulty({ CAMUNDA_OAUTH_URL: 'http://127.0.0.1.evil.example/token' }), ['oauthUrl'])
  for (const host of ['localhost', '127.0.0.1', '[::1]', 'idp.localhost']) {
    t.ok(
      await load({
        CAMUNDA_OAUTH_URL: `http://${host}:18080/token`,
        CAMUNDA_REST_ADDRESS: `http://${host}:9`,
      }),
      host,
    )
  }
  const named = {
    CAMUNDA_PROXY_ALLOW_PLAIN_HTTP: 'Keycloak,cluster',
    CAMUNDA_OAUTH_URL: 'http://keycloak:8080/token',
    CAMUNDA_REST_ADDRESS: 'http://cluster:8080',
  }
  t.ok(await load(named))
})

t.test('a proxy that is pointed at itself', async (t) => {
  const token = { CAMUNDA_PROXY_CALLER_TOKEN: 'a-long-random-text' }
  for (const [address, host] of [
    ['http://localhost:8080', '127.0.0.1'],
    ['http://127.0.0.1:8080/v2', '127.0.0.1'],
    ['http://[::1]:8080', 'localhost'],
    ['http://localhost:8080', '0.0.0.0'],
    ['https://my-host:8080', 'my-host'],
  ]) {
    t.same(
      await faulty({ ...token, CAMUNDA_REST_ADDRESS: address ?? '', CAMUNDA_PROXY_HOST: host ?? '' }),
      ['restAddress'],
      `${address} on ${host}`,
    )
  }
  const own = Object.values(networkInterfaces())
    .flat()
    .find((entry) => entry?.family === 'IPv4' && !entry.internal)?.address
  if (own !== undefined) {
    t.same(
      await faulty({ ...token, CAMUNDA_REST_ADDRESS: `https://${own}:8080`, CAMUNDA_PROXY_HOST: '0.0.0.0' }),
      ['restAddress'],
    )
  }
  t.same(
    await faulty({
      ...token,
      CAMUNDA_REST_ADDRESS: 'https://my-host',
      CAMUNDA_PROXY_HOST: 'my-host',
      CAMUNDA_PROXY_PORT: '443',
    }),
    ['restAddress'],
    'the port that https implies',
  )
  t.ok(await load({ CAMUNDA_REST_ADDRESS: 'http://localhost:8080' }, ['--port', '8081']))
  t.ok(await load({ CAMUNDA_REST_ADDRESS: 'https://elsewhere.example:8080' }))
})

t.test('a secret file that everybody may read is warned of', async (t) => {
  const path = `${t.testdir({ secret: 'x' })}/secret`
  const env = { CAMUNDA_CLIENT_SECRET: '', CAMUNDA_CLIENT_SECRET_FILE: path }
  chmodSync(path, 0o644)
  t.match((await load(env)).warnings, [/is readable by every user of this machine: chmod 600 it$/])
  chmodSync(path, 0o640)
  t.same((await load(env)).warnings, [])
})

import t from 'tap'
import { faults, load } from '../helpers/settings.ts'

const TOKEN = { CAMUNDA_PROXY_CALLER_TOKEN: 'a-long-random-text' }

t.test('listening beyond loopback needs a caller token, or the word', async (t) => {
  for (const host of ['0.0.0.0', '::', '192.168.1.5', 'fd00::1', 'my-host', 'localhost.example']) {
    const env = { CAMUNDA_PROXY_HOST: host }
    t.strictSame(
      await faults(env),
      [
        {
          setting: 'host',
          source: 'environment variable CAMUNDA_PROXY_HOST',
          expected:
            'a loopback address, or callerToken to be set, or allowRemote: other machines could use the credential',
        },
      ],
      host,
    )
    t.strictSame((await load({ ...env, ...TOKEN })).warnings, [], `${host}, with a caller token`)
    t.strictSame(
      (await load(env, ['--allow-remote'])).warnings,
      [`every machine that reaches ${host}:8080 can use the credential: set callerToken`],
      `${host}, as the user says`,
    )
    t.strictSame((await load({ ...env, ...TOKEN }, ['--allow-remote'])).warnings, [], `${host}, with both`)
    t.ok(await load({ ...env, CAMUNDA_PROXY_SOCKET: '/run/p.sock' }), 'a socket listens nowhere else')
  }
  for (const host of ['127.0.0.1', '127.8.9.10', '::1', 'localhost']) {
    t.strictSame((await load({ CAMUNDA_PROXY_HOST: host })).warnings, [], host)
  }
})

t.test('plain http only to this machine, or to hosts that are named', async (t) => {
  const settings: [string, string][] = [
    ['restAddress', 'CAMUNDA_REST_ADDRESS'],
    ['oauthUrl', 'CAMUNDA_OAUTH_URL'],
  ]
  for (const [setting, variable] of settings) {
    const bad = [
      'cluster',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      '10.0.0.1',
      '0.0.0.0',
      '[fd00::1]',
      'host.docker.internal',
    ]
    for (const host of bad) {
      const env = { [variable]: `http://${host}:9999/x` }
      t.strictSame(
        await faults(env),
        [
          {
            setting,
            source: `environment variable ${variable}`,
            expected: `https, or ${host} to be listed in allowPlainHttp: the credential would travel in the clear`,
          },
        ],
        `${setting} on ${host}`,
      )
      t.ok(
        await load({ ...env, CAMUNDA_PROXY_ALLOW_PLAIN_HTTP: `other,${host.toUpperCase()}` }),
        `${host}, as the user says`,
      )
      t.equal(
        (await faults({ ...env, CAMUNDA_PROXY_ALLOW_PLAIN_HTTP: `x${host},example` })).length,
        1,
        `${host} is not named by a name that holds it, or that it holds`,
      )
      t.ok(await load({ [variable]: `https://${host}:9999/x` }), `${host} over https`)
    }
    for (const host of ['localhost', '127.0.0.1', '127.1', '[::1]', 'idp.localhost', 'LOCALHOST']) {
      t.ok(await load({ [variable]: `http://${host}:9999/x` }), `${setting} on ${host}`)
    }
  }
})

t.test('where there is no credential, none travels in the clear', async (t) => {
  const none = {
    CAMUNDA_REST_ADDRESS: 'http://cluster.example',
    CAMUNDA_CLIENT_ID: '',
    CAMUNDA_CLIENT_SECRET: '',
  }
  const wrong = async (env: Record<string, string>) =>
    (await faults({ ...none, ...env })).map(({ setting }) => setting)
  t.strictSame(await wrong({ CAMUNDA_AUTH_STRATEGY: 'NONE' }), [])
  const basic = { CAMUNDA_BASIC_AUTH_USERNAME: 'demo', CAMUNDA_BASIC_AUTH_PASSWORD: 'demo' }
  t.strictSame(await wrong(basic), ['restAddress'])
})

t.test('no word of the callers’ own clients makes their secrets travel in the clear', async (t) => {
  const clients = {
    CAMUNDA_CLIENT_ID: '',
    CAMUNDA_CLIENT_SECRET: '',
    CAMUNDA_PROXY_CALLER_AUTH: 'client-credentials',
    CAMUNDA_OAUTH_URL: 'http://idp.example/token',
  }
  for (const strategy of ['NONE', 'BASIC', 'COOKIE', 'BEARER'])
    t.match(await faults({ ...clients, CAMUNDA_AUTH_STRATEGY: strategy }), [
      { setting: 'authStrategy', expected: 'OAUTH or nothing, since callers are OAuth clients of their own' },
    ])
  t.match(await faults({ ...clients, CAMUNDA_AUTH_STRATEGY: 'OAUTH' }), [{ setting: 'oauthUrl' }])
})

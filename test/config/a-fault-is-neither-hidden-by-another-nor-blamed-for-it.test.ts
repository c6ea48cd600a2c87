import t from 'tap'
import { faulty, load } from '../helpers/settings.ts'

const OPEN = { CAMUNDA_PROXY_HOST: '0.0.0.0' }

t.test('an exposed host is told beside a bad port', async (t) => {
  t.same((await faulty({ ...OPEN, CAMUNDA_PROXY_PORT: 'x' })).sort(), ['host', 'port'])
})

t.test('but not where what would have covered it is itself at fault', async (t) => {
  t.same(await faulty({ ...OPEN, CAMUNDA_PROXY_CALLER_TOKEN_FILE: '/none' }), ['callerTokenFile'])
  t.same(await faulty({ ...OPEN, CAMUNDA_PROXY_ALLOW_REMOTE: 'maybe' }), ['allowRemote'])
})

t.test('a bad token URL says nothing of the cluster address', async (t) => {
  t.same(await faulty({ CAMUNDA_REST_ADDRESS: '', CAMUNDA_OAUTH_URL: 'nonsense' }), ['oauthUrl'])
})

t.test('the admin listener cannot have the port of the other', async (t) => {
  t.same(await faulty({}, ['--port', '9601']), ['adminPort'])
  t.ok(await load({}, ['--port', '0', '--admin-port', '0']), 'two free ports are two ports')
})

t.test('another address of loopback is another address', async (t) => {
  t.ok(await load({ CAMUNDA_REST_ADDRESS: 'http://127.0.0.1:8080', CAMUNDA_PROXY_HOST: '127.0.0.2' }))
  t.same(await faulty({ CAMUNDA_REST_ADDRESS: 'http://127.0.0.1:8080' }), ['restAddress'])
})

t.test('an IPv6 host is named with or without brackets', async (t) => {
  for (const name of ['fd00::1', '[fd00::1]']) {
    t.ok(
      await load({ CAMUNDA_REST_ADDRESS: 'http://[fd00::1]:9', CAMUNDA_PROXY_ALLOW_PLAIN_HTTP: name }),
      name,
    )
  }
})

import { writeFileSync } from 'node:fs'
import t from 'tap'
import { fakeCluster } from '../helpers/fake-cluster.ts'
import { runMethod, search } from '../helpers/methods.ts'

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
const folder = t.testdir({
  password: 'päss:word\n',
  token: 'token-of-the-file\n',
  'token.json': `{"access_token":"token-of-the-command","expires_in":3600}`,
})

const ways: [what: string, env: Record<string, string>, sent: string | undefined][] = [
  [
    'BASIC by value',
    { CAMUNDA_BASIC_AUTH_USERNAME: 'user', CAMUNDA_BASIC_AUTH_PASSWORD: 'p&=ü' },
    basic('user:p&=ü'),
  ],
  [
    'BASIC by file',
    { CAMUNDA_USERNAME: 'user', CAMUNDA_BASIC_AUTH_PASSWORD_FILE: `${folder}/password` },
    basic('user:päss:word'),
  ],
  ['BEARER by value', { CAMUNDA_OAUTH_TOKEN: 'token-of-the-settings' }, 'Bearer token-of-the-settings'],
  ['BEARER by file', { CAMUNDA_OAUTH_TOKEN_FILE: `${folder}/token` }, 'Bearer token-of-the-file'],
  [
    'BEARER by command',
    { CAMUNDA_PROXY_TOKEN_COMMAND: `cat ${folder}/token.json` },
    'Bearer token-of-the-command',
  ],
  ['NONE', { CAMUNDA_AUTH_STRATEGY: 'none' }, undefined],
]

for (const [what, env, sent] of ways) {
  t.test(what, async (t) => {
    const cluster = await fakeCluster()
    t.teardown(() => cluster.close())
    const proxy = await runMethod(t, cluster.url, { env })
    const mine = { authorization: 'Bearer of-the-caller', cookie: 'camunda-session=of-the-caller' }
    t.equal((await search(proxy.url, { headers: mine })).status, 200)
    t.match(cluster.seen, [{ url: '/v2/user-task/search', body: Buffer.from('{}') }])
    t.equal(cluster.seen[0]?.headers.authorization, sent)
    t.equal(cluster.seen[0]?.headers.cookie, undefined)
  })
}

t.test('a command is asked again before its token ends', async (t) => {
  const { VirtualClock } = await import('../helpers/virtual-clock.ts')
  const { until } = await import('../helpers/until.ts')
  const clock = new VirtualClock()
  const path = `${t.testdir({ token: '{"token":"first","expires_in":100}' })}/token`
  const cluster = await fakeCluster()
  t.teardown(() => cluster.close())
  const env = { CAMUNDA_PROXY_TOKEN_COMMAND: `cat ${path}` }
  const proxy = await runMethod(t, cluster.url, { clock, env })
  await search(proxy.url)
  writeFileSync(path, '{"token":"second","expires_in":100}')
  // Not a moment after the last at which it is due: the command runs in real time, and would be given up in that of the clock.
  await clock.advance(80_000)
  await until(() => proxy.log().includes('token renewed'), 'it has run again')
  await search(proxy.url)
  t.match(cluster.seen, [
    { headers: { authorization: 'Bearer first' } },
    { headers: { authorization: 'Bearer second' } },
  ])
})

import { writeFileSync } from 'node:fs'
import t from 'tap'
import { fakeCluster } from '../helpers/fake-cluster.ts'
import { runMethod, search } from '../helpers/methods.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

/** A cluster that takes one value of `Authorization` only. */
async function picky(t: Parameters<typeof runMethod>[0], accepted: string) {
  const cluster = await fakeCluster((request, response) => {
    response.writeHead(request.headers.authorization === accepted ? 200 : 401).end('from the cluster')
  })
  t.teardown(() => cluster.close())
  return cluster
}

const fixed: [what: string, env: Record<string, string>, said: RegExp][] = [
  [
    'BASIC',
    { CAMUNDA_BASIC_AUTH_USERNAME: 'user', CAMUNDA_BASIC_AUTH_PASSWORD: 'word' },
    /the cluster refuses the password: check user name, password and permissions; 401s are passed on/,
  ],
  ['BEARER', { CAMUNDA_OAUTH_TOKEN: 'token' }, /the cluster refuses the token: check whether it is for this/],
  ['NONE', { CAMUNDA_AUTH_STRATEGY: 'NONE' }, /the cluster refuses access without credential: check whether/],
]

for (const [what, env, said] of fixed) {
  t.test(`${what}: the 401 is passed on at once, and logged once`, async (t) => {
    const cluster = await picky(t, 'another')
    // Time stands still: who waited for what cannot come would wait for ever.
    const proxy = await runMethod(t, cluster.url, { env, clock: new VirtualClock() })
    const signal = AbortSignal.timeout(30_000)
    for (let call = 0; call < 3; call++) {
      const answer = await search(proxy.url, { signal })
      t.equal(answer.status, 401)
      t.equal(await answer.text(), 'from the cluster')
      t.equal(answer.headers.get('proxy-status'), null)
    }
    t.equal(cluster.seen.length, 3, 'nothing is sent twice')
    const lines = proxy.logLines().filter(({ level }) => level === 'error')
    t.match(lines, [{ msg: said }])
    t.equal(lines.length, 1)
  })
}

const rotated: [what: string, env: (file: string) => Record<string, string>, accepted: string][] = [
  ['a token file', (file) => ({ CAMUNDA_OAUTH_TOKEN_FILE: file }), 'Bearer new'],
  [
    'a password file',
    (file) => ({ CAMUNDA_USERNAME: 'user', CAMUNDA_BASIC_AUTH_PASSWORD_FILE: file }),
    `Basic ${Buffer.from('user:new').toString('base64')}`,
  ],
  ['a command', (file) => ({ CAMUNDA_PROXY_TOKEN_COMMAND: `cat ${file}` }), 'Bearer new'],
]

for (const [what, env, accepted] of rotated) {
  t.test(`${what} that holds another one by now: the caller notices nothing`, async (t) => {
    const file = `${t.testdir({ secret: 'old\n' })}/secret`
    const cluster = await picky(t, accepted)
    const proxy = await runMethod(t, cluster.url, { env: env(file) })
    writeFileSync(file, 'new\n')
    t.equal((await search(proxy.url)).status, 200)
    t.equal(cluster.seen.length, 2)
    t.match(cluster.seen, [{ body: Buffer.from('{}') }, { body: Buffer.from('{}') }])
    t.equal((await search(proxy.url)).status, 200)
    t.equal(cluster.seen.length, 3)
  })
}

/**
 * GHSA-gwhp-pf74-vj37, CVE-2026-33805 (@fastify/reply-from and http-proxy): a caller named headers in `Connection` that the
 * proxy adds (`Connection: authorization`), and they were taken out again together with the caller's own: the upstream
 * got the request without its credential, or without the mark that somebody else had sent it.
 *
 * Here the names in `Connection` are looked up among the caller's headers alone, before ours are added.
 */
import t from 'tap'
import { setUpCookie } from '../../helpers/methods.ts'
import { setUp } from '../../helpers/proxy.ts'
import { rawRequest, requestHead } from '../../helpers/raw-http.ts'

const NAMES = [
  'authorization',
  'Authorization',
  'AUTHORIZATION',
  'host',
  'via',
  'connection',
  'cookie',
  'x-csrf-token',
]
const FORMS = [
  (name: string) => [`Connection: ${name}`],
  (name: string) => [`Connection: keep-alive, ${name}`],
  (name: string) => [`Connection: ${name},,\t${name} ,close`],
  (name: string) => ['Connection: keep-alive', `connection: ${name}`],
  (name: string) => [`Connection: ${name}`, `${name === 'host' ? 'X-A' : name}: of-the-caller`],
]

t.test('neither the token, nor our mark, nor the host', async (t) => {
  const { proxy, cluster } = await setUp(t)
  for (const name of NAMES)
    for (const form of FORMS) {
      const answer = await rawRequest(proxy.port, requestHead('GET', '/v2/x', form(name)))
      t.equal(answer.status, 200, JSON.stringify(form(name)))
      const { rawHeaders = [] } = cluster.seen.at(-1) ?? {}
      const valuesOf = (wanted: string) =>
        rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === wanted)
      t.strictSame(valuesOf('authorization'), ['Bearer token-1'])
      t.strictSame(valuesOf('host'), [new URL(cluster.url).host])
      t.match(valuesOf('via').at(-1), /^1\.1 camunda-auth-proxy-/)
      t.strictSame(valuesOf('cookie'), [])
    }
})

t.test('nor the session of a login', async (t) => {
  const { proxy, cluster } = await setUpCookie(t)
  for (const name of ['cookie', 'X-CSRF-TOKEN', 'x-csrf-token, cookie']) {
    const head = requestHead('POST', '/v2/user-task/search', [`Connection: ${name}`, 'Content-Length: 2'])
    t.equal((await rawRequest(proxy.port, `${head}{}`)).status, 200, name)
  }
  t.equal(cluster.logins(), 1, 'each had its session, and its proof, with it')
})

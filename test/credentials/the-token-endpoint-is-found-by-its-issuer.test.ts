import t, { type Test } from 'tap'
import { tokenEndpointIn } from '../../src/credentials/token-endpoint.ts'
import { selfSigned } from '../helpers/certificate.ts'
import { rawServer, streamingCluster } from '../helpers/fake-cluster.ts'
import { type IdpAnswer, json, tokens } from '../helpers/fake-idp.ts'
import { failureOf, type LabOptions, oauthLab, SECRET, sourceFor } from '../helpers/oauth-lab.ts'

const OPENID = '/.well-known/openid-configuration'
const HOUR = 3_600_000
const metadata = (issuer: string) => ({ issuer, token_endpoint: `${issuer}/token`, 'a field': ['more'] })

/** An identity provider that answers requests for metadata in this way, and a source that knows its issuer. */
async function lab(t: Test, path = '', options: LabOptions = {}) {
  const lab = await oauthLab(t)
  const issuer = `http://127.0.0.1:${lab.idp.port}${path}`
  const asked = () => lab.idp.requests.map(({ method, path }) => `${method} ${path}`)
  const describe = (describing: IdpAnswer) =>
    lab.idp.answerWith((request, response, number) =>
      (request.method === 'GET' ? describing : tokens())(request, response, number),
    )
  const source = sourceFor(t, issuer, { identityProvider: { issuer: new URL(issuer) }, ...options })
  const acquire = () => source.acquire(new AbortController().signal)
  const failure = (canaries: string[] = []) => failureOf(acquire(), [SECRET, ...canaries])
  describe((_request, response) => json(response, 200, metadata(issuer)))
  return { ...lab, issuer, asked, describe, source, acquire, failure }
}

t.test('below the path of the issuer, with nothing that is secret', async (t) => {
  for (const path of ['', '/realms/a%2Fb']) {
    const { idp, asked, acquire, source } = await lab(t, path)
    await source.fingerprint()
    t.equal(idp.requests.length, 0, 'a fingerprint asks nobody')
    t.match(await acquire(), { headers: ['authorization', 'Bearer token-2'] })
    t.strictSame(asked(), [`GET ${path}${OPENID}`, `POST ${path}/token`])
    const [question] = idp.requests
    t.match(question?.headers, { accept: 'application/json', 'user-agent': 'camunda-auth-proxy' })
    t.equal(question?.headers.authorization, undefined)
    t.equal(question?.form.size, 0)
  }
})

t.test('else where RFC 8414 has it', async (t) => {
  const { asked, describe, acquire, issuer } = await lab(t, '/tenant')
  describe((request, response) =>
    json(response, request.path.startsWith('/.well-known/oauth-') ? 200 : 404, metadata(issuer)),
  )
  await acquire()
  t.strictSame(asked(), [
    `GET /tenant${OPENID}`,
    'GET /.well-known/oauth-authorization-server/tenant',
    'POST /tenant/token',
  ])
  const other = await lab(t)
  other.describe((_request, response) => json(response, 404, {}))
  t.match(await other.failure(), { code: 'discovery-http-404' })
})

t.test('once an hour', async (t) => {
  let now = 1_800_000_000_000
  const { asked, acquire } = await lab(t, '', { now: () => now })
  const questions = () => asked().filter((line) => line.startsWith('GET')).length
  await acquire()
  now += HOUR - 1
  await acquire()
  t.equal(questions(), 1)
  now += 1
  await acquire()
  t.equal(questions(), 2)
  now -= 1_000
  await acquire()
  t.equal(questions(), 3, 'or when the clock was set back')
})

t.test('anew when the endpoint is not there any more, and not when it says no', async (t) => {
  const { idp, asked, acquire, failure, issuer } = await lab(t)
  await acquire()
  const answer = (status: number, error: string) =>
    idp.answerWith((request, response) =>
      json(response, request.method === 'GET' ? 200 : status, { ...metadata(issuer), error }),
    )
  answer(401, 'invalid_client')
  await failure()
  answer(404, 'Realm does not exist')
  await failure()
  t.equal(asked().filter((line) => line.startsWith('GET')).length, 1)
  await failure()
  t.equal(asked().filter((line) => line.startsWith('GET')).length, 2)
})

t.test('a failure names the issuer’s host and is no fault of the client; nothing is cached', async (t) => {
  const { idp, describe, failure, acquire, issuer } = await lab(t)
  const text =
    (status: number, body: string, headers = {}): IdpAnswer =>
    (_request, response) =>
      response.writeHead(status, headers).end(body)
  const cases: [IdpAnswer, string, RegExp, number?][] = [
    [text(500, 'canary'), 'discovery-http-500', /answered status 500\.$/],
    [text(401, '{"error":"canary"}'), 'discovery-http-401', /answered status 401\.$/],
    [text(302, '', { location: '/canary' }), 'discovery-http-302', /answered status 302\.$/],
    [text(503, '', { 'retry-after': '7' }), 'discovery-http-503', /answered status 503\.$/, 7_000],
    [text(200, '<form>canary</form>'), 'discovery-malformed', /it is not JSON\.$/],
    [text(200, '["canary"]'), 'discovery-malformed', /it names no issuer\.$/],
    [text(200, `"${'x'.repeat(2 ** 20)}"`), 'discovery-network', /UND_ERR_RES_EXCEEDED_MAX_SIZE/],
    [(_request, response) => response.destroy(), 'discovery-network', /could not be reached \(\w+\)\.$/],
  ]
  for (const [answer, code, message, retryAfterMs] of cases) {
    describe(answer)
    const failed = await failure(['canary'])
    t.match(failed, { code, message, refused: false })
    t.equal(failed.retryAfterMs, retryAfterMs)
    t.match(failed.message, `Discovery failed: the identity provider 127.0.0.1:${idp.port} `)
  }
  t.ok(
    idp.requests.every(({ method }) => method === 'GET'),
    'no secret has left',
  )
  describe((_request, response) => json(response, 200, metadata(issuer)))
  t.ok(await acquire())
})

t.test('nobody there, no good certificate, and no answer in time', async (t) => {
  const gone = await rawServer(() => {})
  await gone.close()
  const tls = await streamingCluster((_request, response) => response.end(), selfSigned('evil.example'))
  t.teardown(() => tls.close())
  const at = (issuer: string, signal = new AbortController().signal) =>
    failureOf(sourceFor(t, issuer, { identityProvider: { issuer: new URL(issuer) } }).acquire(signal), [
      SECRET,
    ])
  t.match(await at(gone.url), { code: 'discovery-network', message: /ECONNREFUSED/, refused: false })
  t.match(await at(tls.url), { code: 'discovery-tls', message: /nothing was sent/, refused: false })
  const late = AbortSignal.abort(new DOMException('late', 'TimeoutError'))
  t.match(await at(gone.url, late), { code: 'discovery-timeout', message: /did not answer in time/ })
})

t.test('an issuer of another name is named beside the one that was asked for', async (t) => {
  const { failure, describe, issuer } = await lab(t, '/realms/x')
  describe((_request, response) => json(response, 200, metadata('http://keycloak:8080/realms/x\r\n')))
  t.match(await failure(), {
    code: 'discovery-malformed',
    message: `its issuer is http://keycloak:8080/realms/x , and the settings say ${issuer}: they must be the same.`,
  })
})

t.test('what metadata may say', async (t) => {
  const said = (issuer: string, token_endpoint: unknown, more = {}, mutualTls = false) => {
    const found = tokenEndpointIn({ issuer, token_endpoint, ...more }, new URL(issuer), mutualTls)
    return typeof found === 'string' ? found : found.url.href
  }
  const elsewhere = 'https://elsewhere.example/token'
  t.equal(said('https://idp.example', elsewhere), elsewhere)
  t.equal(said('http://idp.example:80', elsewhere), elsewhere)
  t.equal(said('http://idp.example/x', 'http://idp.example/token'), 'http://idp.example/token')
  t.equal(said('http://idp.example', 'http://localhost:1/token'), 'http://localhost:1/token')

  const aliases = { mtls_endpoint_aliases: { token_endpoint: 'https://mtls.example/token' } }
  t.equal(said('https://idp.example', elsewhere, aliases, true), 'https://mtls.example/token')
  t.equal(said('https://idp.example', elsewhere, aliases), elsewhere)
  t.equal(said('https://idp.example', elsewhere, {}, true), elsewhere)

  for (const [issuer, endpoint] of [
    ['http://idp.example', 'http://elsewhere.example/token'],
    ['http://idp.example', 'http://idp.example:81/token'],
    ['https://idp.example', 'http://idp.example/token'],
    ['https://idp.example', 'http://127.0.0.1/token'],
    ['https://idp.example', 'file:///etc/passwd'],
    ['https://idp.example', 'https://user:canary@idp.example/token'],
  ] as const) {
    t.match(said(issuer, endpoint), /^its token endpoint is not a place for a secret/, endpoint)
  }
  for (const endpoint of [undefined, null, '', '/token', 1, {}, [elsewhere]]) {
    t.equal(said('https://idp.example', endpoint), 'it names no token endpoint')
  }
})

t.test('which issuers are the same', async (t) => {
  const named = (issuer: unknown, asked: string) =>
    typeof tokenEndpointIn({ issuer, token_endpoint: 'https://x/token' }, new URL(asked), false) !== 'string'
  t.ok(named('https://idp.example', 'https://idp.example/'))
  t.ok(named('https://idp.example/a/', 'https://idp.example/a'))
  t.ok(named('https://idp.example:443/a', 'https://IDP.example/a/'))
  for (const issuer of [
    'http://idp.example/a',
    'https://idp.example/A',
    'https://idp.example/a/b',
    'https://idp.example:444/a',
    'https://idp.example.evil/a',
    'idp',
    '',
    null,
    ['https://idp.example/a'],
  ]) {
    t.notOk(named(issuer, 'https://idp.example/a'), String(issuer))
  }
})

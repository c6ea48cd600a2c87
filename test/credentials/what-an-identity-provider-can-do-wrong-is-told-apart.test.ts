import { gzipSync } from 'node:zlib'
import t from 'tap'
import { selfSigned } from '../helpers/certificate.ts'
import { rawServer, streamingCluster } from '../helpers/fake-cluster.ts'
import { type IdpAnswer, json } from '../helpers/fake-idp.ts'
import { failureOf, oauthLab, SECRET, sourceFor } from '../helpers/oauth-lab.ts'

const TOKEN = 'canary-token-0b6e'
const good = { access_token: TOKEN, token_type: 'Bearer', expires_in: 300 }
const body =
  (status: number, content: unknown, headers: Record<string, string> = {}): IdpAnswer =>
  (_request, response) =>
    json(response, status, content, headers)
const text =
  (status: number, content: string, type = 'text/html'): IdpAnswer =>
  (_request, response) =>
    response.writeHead(status, { 'content-type': type }).end(content)

const passing: [string, IdpAnswer, string, RegExp][] = [
  ['500', text(500, 'oops'), 'http-500', /answered status 500\.$/],
  ['502 of a gateway', text(502, '<h1>Bad Gateway</h1>'), 'http-502', /answered status 502\.$/],
  ['503 with JSON', body(503, { error: 'temporarily_unavailable' }), 'http-503', /answered status 503/],
  ['408', text(408, ''), 'http-408', /answered status 408/],
  ['429', body(429, { error: 'too_many_requests' }), 'http-429', /answered status 429/],
  [
    '400 temporarily_unavailable',
    body(400, { error: 'temporarily_unavailable' }),
    'http-400',
    /temporarily_unavailable/,
  ],
  ['404', text(404, 'no such realm'), 'http-404', /answered status 404/],
  [
    'a redirect',
    (_request, response) => response.writeHead(302, { location: `/other?${TOKEN}` }).end(),
    'http-302',
    /answered status 302/,
  ],
  ['201', body(201, good), 'http-201', /answered status 201/],
  ['a login page with 200', text(200, `<form>${TOKEN}</form>`), 'malformed', /it is not JSON\.$/],
  ['an empty 200', text(200, '', 'application/json'), 'malformed', /it is not JSON\.$/],
  [
    'half of the JSON',
    text(200, `{"access_token":"${TOKEN}"`, 'application/json'),
    'malformed',
    /it is not JSON\.$/,
  ],
  ['JSON that is no object', body(200, [TOKEN]), 'malformed', /cannot be used/],
  ['no token', body(200, { token_type: 'Bearer' }), 'malformed', /a field is missing/],
  [
    'a token that is no text',
    body(200, { ...good, access_token: { TOKEN } }),
    'malformed',
    /a field is missing/,
  ],
  ['no token type', body(200, { access_token: TOKEN }), 'malformed', /a field is missing/],
  ['another token type', body(200, { ...good, token_type: 'mac' }), 'malformed', /token_type is not Bearer/],
  [
    'a proof-of-possession token',
    body(200, { ...good, token_type: 'DPoP' }),
    'malformed',
    /token_type is not Bearer/,
  ],
  ['a negative lifetime', body(200, { ...good, expires_in: -1 }), 'malformed', /cannot be used/],
  ['a lifetime in words', body(200, { ...good, expires_in: 'soon' }), 'malformed', /cannot be used/],
  ['a lifetime of nothing', body(200, { ...good, expires_in: 0 }), 'malformed', /already expired/],
  [
    'a token with a line break',
    body(200, { ...good, access_token: `${TOKEN}\r\nX: y` }),
    'malformed',
    /cannot stand in a header/,
  ],
  [
    'a token beyond ASCII',
    body(200, { ...good, access_token: `${TOKEN}ü` }),
    'malformed',
    /cannot stand in a header/,
  ],
  [
    'an endless token',
    body(200, { ...good, access_token: 'x'.repeat(70_000) }),
    'malformed',
    /cannot stand in a header/,
  ],
]

for (const [what, answer, code, message] of passing) {
  t.test(`${what}: passes by itself, or may`, async (t) => {
    const { idp, failure } = await oauthLab(t, answer)
    const failed = await failure([TOKEN])
    t.match(failed, { code, refused: false, message })
    t.match(failed.message, `The identity provider 127.0.0.1:${idp.port} `)
    t.equal(idp.requests.length, 1, 'one attempt is one request')
  })
}

const refused: [string, IdpAnswer, string, RegExp][] = [
  [
    'wrong secret, in Auth0’s words',
    body(401, { error: 'access_denied', error_description: 'Unauthorized' }),
    'access_denied',
    /status 401 access_denied \(Unauthorized\)/,
  ],
  ['invalid_client', body(400, { error: 'invalid_client' }), 'invalid_client', /status 400 invalid_client/],
  [
    'unauthorized_client',
    body(400, { error: 'unauthorized_client' }),
    'unauthorized_client',
    /unauthorized_client/,
  ],
  ['invalid_scope', body(400, { error: 'invalid_scope' }), 'invalid_scope', /invalid_scope/],
  ['invalid_target', body(400, { error: 'invalid_target' }), 'invalid_target', /invalid_target/],
  [
    'a challenge without JSON',
    (_r, response) => response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(),
    'invalid_client',
    /status 401/,
  ],
  ['a bare 403', text(403, 'your address is not allowed'), 'invalid_client', /status 403/],
]

for (const [what, answer, code, message] of refused) {
  t.test(`${what}: the client is refused`, async (t) => {
    const { failure } = await oauthLab(t, answer)
    t.match(await failure(), { code, refused: true, message })
  })
}

t.test('what it says is shown without the secret, on one line, and not at any length', async (t) => {
  const { idp, failure } = await oauthLab(t)
  const echo = `bad secret ${SECRET} or ${encodeURIComponent(SECRET)}\r\nForged: line ${'x'.repeat(500)}`
  idp.answerWith(body(401, { error: 'invalid_client', error_description: echo }))
  const described = await failure()
  t.match(described.message, 'bad secret [redacted] or [redacted] Forged: line')
  t.ok(described.message.length < 400)
  idp.answerWith(body(400, { error: SECRET }))
  t.match(await failure(), { code: 'invalid_client', refused: true, message: /answered status 400\.$/ })
})

t.test('the wait that it asks for, in seconds or as a date, within reason', async (t) => {
  const { idp, failure } = await oauthLab(t)
  const wait = async (value: string) => {
    idp.answerWith(body(429, { error: 'x' }, { 'retry-after': value }))
    return (await failure()).retryAfterMs
  }
  t.equal(await wait('7'), 7_000)
  t.equal(await wait('0'), 0)
  t.equal(await wait('86400'), 300_000)
  t.equal(await wait('99999999999999999999'), 300_000)
  t.equal(await wait('-5'), undefined)
  t.equal(await wait('later'), undefined)
  const soon = await wait(new Date(Date.now() + 60_000).toUTCString())
  t.ok(soon !== undefined && soon > 50_000 && soon <= 60_000)
  t.equal(await wait(new Date(Date.now() - 60_000).toUTCString()), 0)
  idp.answerWith(text(503, 'no JSON, but a wait', 'text/plain'))
  t.equal((await failure()).retryAfterMs, undefined)
  idp.answerWith((_request, response) => response.writeHead(503, { 'retry-after': '9' }).end())
  t.equal((await failure()).retryAfterMs, 9_000)
})

t.test('nobody there, a name that does not resolve, and connections that break', async (t) => {
  const gone = await rawServer(() => {})
  await gone.close()
  const at = (url: string) => failureOf(sourceFor(t, url).acquire(new AbortController().signal), [SECRET])
  t.match(await at(`${gone.url}/token`), {
    code: 'network',
    message: /could not be reached \(ECONNREFUSED\)/,
  })
  t.match(await at('https://no-such-host.invalid/token'), {
    code: 'network',
    message: /could not be reached \((ENOTFOUND|EAI_AGAIN)\)/,
  })
  const breaking = await rawServer((socket) => socket.once('data', () => socket.resetAndDestroy()))
  t.teardown(() => breaking.close())
  t.match(await at(`${breaking.url}/token`), { code: 'network', refused: false })
  const halfway = await rawServer((socket) =>
    socket.once('data', () =>
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"access_token":"${TOKEN}`, () =>
        socket.destroy(),
      ),
    ),
  )
  t.teardown(() => halfway.close())
  t.match(
    await failureOf(sourceFor(t, `${halfway.url}/token`).acquire(new AbortController().signal), [TOKEN]),
    { refused: false },
  )
})

t.test('a certificate that does not verify: nothing is sent', async (t) => {
  const server = await streamingCluster((_request, response) => response.end(), selfSigned('evil.example'))
  t.teardown(() => server.close())
  const failed = await failureOf(sourceFor(t, `${server.url}/token`).acquire(new AbortController().signal), [
    SECRET,
  ])
  t.match(failed, {
    code: 'tls',
    refused: false,
    message: /certificate of 127\.0\.0\.1:\d+ was not accepted \(\w+\); nothing was sent/,
  })
  t.equal(server.begun(), 0)
})

t.test('a description that is no text is none', async (t) => {
  const { idp, failure } = await oauthLab(t)
  for (const description of [null, 5, true, {}, [SECRET], '']) {
    idp.answerWith(body(401, { error: 'invalid_client', error_description: description }))
    t.match(await failure(), {
      code: 'invalid_client',
      refused: true,
      message: /answered status 401 invalid_client\.$/,
    })
  }
})

t.test('an answer that is small on the wire and large when it is inflated', async (t) => {
  const bomb = gzipSync(`{"access_token":"x","token_type":"Bearer","padding":"${' '.repeat(20_000_000)}"}`)
  const { failure } = await oauthLab(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(bomb)
  })
  t.match(await failure(), { code: 'malformed', message: /it is longer than 1 MiB/ })
})

t.test('a realm that does not exist is no fault of the client', async (t) => {
  const { failure } = await oauthLab(t, body(404, { error: 'Realm does not exist' }))
  t.match(await failure(), { code: 'http-404', refused: false })
})

t.test('an answer of ten megabytes is not read to its end', async (t) => {
  const { failure } = await oauthLab(
    t,
    text(200, `{"access_token":"${'x'.repeat(10_000_000)}"}`, 'application/json'),
  )
  t.match(await failure(), { refused: false })
})

t.test('an attempt that is given up ends at once', async (t) => {
  const { source } = await oauthLab(t, () => {})
  const giving = new AbortController()
  const attempt = failureOf(source.acquire(giving.signal), [SECRET])
  giving.abort(new Error('given up'))
  t.match(await attempt, { refused: false })
})

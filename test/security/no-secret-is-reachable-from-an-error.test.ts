// What is logged, or caught by somebody else's tool, is an error with all that hangs on it. So the look is not only at
// what it says, but at everything that can be reached from it.
import { inspect } from 'node:util'
import t, { type Test } from 'tap'
import { openCallersFile } from '../../src/config/callers-file.ts'
import { Secret } from '../../src/config/secrets.ts'
import type { Credential, Keeper } from '../../src/credentials/credential.ts'
import type { CredentialKeeper } from '../../src/credentials/keeper.ts'
import type { Problem } from '../../src/errors.ts'
import { anybody } from '../../src/gateway/caller-check.ts'
import { buildGateway } from '../../src/gateway/gateway.ts'
import { guardPolicy } from '../../src/gateway/guard.ts'
import { InForce, Rules } from '../../src/gateway/in-force.ts'
import { listen } from '../../src/gateway/listen.ts'
import { clusterDispatcher } from '../../src/upstream/dispatcher.ts'
import { clean } from '../helpers/canaries.ts'
import { connection, notes } from '../helpers/connections.ts'
import { oneDestination } from '../helpers/destinations.ts'
import { fakeEgressProxy } from '../helpers/egress-proxy.ts'
import { type Answer, fakeCluster, rawServer } from '../helpers/fake-cluster.ts'
import { fakeIdp, type IdpAnswer, json } from '../helpers/fake-idp.ts'
import { NO_CLIENT } from '../helpers/methods.ts'
import { oauthLab } from '../helpers/oauth-lab.ts'
import { type ProxyOptions, runProxy } from '../helpers/proxy.ts'
import { reachableText } from '../helpers/reachable.ts'
import { load } from '../helpers/settings.ts'

const SECRET = 'canary-secret-1c9e-77'
const TOKEN = 'canary-token-42aa-05'
const BODY = 'canary-body-9d31-6b'
const CANARIES = [SECRET, TOKEN, BODY]

/** Looks for secrets in all that can be printed of an error, and in all that can be reached from it. */
function looksClean(t: Test, error: unknown): void {
  t.ok(error instanceof Error, 'it is an error')
  const options = { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: true, maxStringLength: null }
  clean(t, inspect(error, options), CANARIES)
  clean(t, reachableText(error), CANARIES)
}

const thrown = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    () => undefined,
    (error: unknown) => error,
  )

t.test('the look finds what is there', async (t) => {
  const hidden = Symbol('hidden')
  const key = new Error('key')
  Object.assign(key, { map: new Map([['a', new Set([{ [hidden]: Buffer.from(SECRET) }])]]) })
  const getter = Object.defineProperty(new Error('getter'), 'of', {
    get: () => ({ token: TOKEN }),
    enumerable: false,
  })
  for (const error of [key, getter, new Error('cause', { cause: new Error(`with ${BODY}`) })])
    t.ok(
      CANARIES.some((canary) => reachableText(error).includes(canary)),
      error.message,
    )
})

const answers: [what: string, answer: IdpAnswer][] = [
  [
    'an echo',
    (r, response) => json(response, 401, { error: 'invalid_client', error_description: `${r.form}` }),
  ],
  ['an echo as the code', (r, response) => json(response, 400, { error: r.form.get('client_secret') })],
  [
    'a wrong kind of token',
    (_r, response) => json(response, 200, { access_token: TOKEN, token_type: 'mac' }),
  ],
  ['no token', (_r, response) => json(response, 200, { token: TOKEN, token_type: 'Bearer' })],
  [
    'a lifetime in words',
    (_r, response) => json(response, 200, { access_token: TOKEN, token_type: 'Bearer', expires_in: 'soon' }),
  ],
  ['201', (_r, response) => json(response, 201, { access_token: TOKEN, token_type: 'Bearer' })],
  ['half of it', (_r, response) => response.writeHead(200).end(`{"access_token":"${TOKEN}",`)],
  ['a redirect', (_r, response) => response.writeHead(302, { location: `/?t=${TOKEN}` }).end()],
  [
    'an end before the end',
    (_r, response) => {
      response
        .writeHead(200, { 'content-length': 500 })
        .write(`{"access_token":"${TOKEN}"`, () => response.destroy())
    },
  ],
  ['a page', (r, response) => response.writeHead(500, { 'x-echo': `${r.form}` }).end(`<h1>${TOKEN}`)],
  ['garbage', (r, response) => response.socket?.end(`${r.form} ${TOKEN}\r\n\r\n`)],
  [
    'a challenge',
    (r, response) => json(response, 401, {}, { 'www-authenticate': `Basic realm="${r.form}"` }),
  ],
]

/** The error of whoever waits for a credential. */
async function refusal(t: Test, options: ProxyOptions): Promise<unknown> {
  const { app } = await runProxy(t, { ...options, warm: false })
  app.start()
  return thrown(app.keeper?.obtain() ?? Promise.resolve())
}

for (const [what, answer] of answers) {
  t.test(`no token: the identity provider answers with ${what}`, async (t) => {
    const idp = await fakeIdp(answer)
    t.teardown(() => idp.close())
    const env = { CAMUNDA_CLIENT_SECRET: SECRET, CAMUNDA_PROXY_OAUTH_HEADERS: `X-Key=${BODY}` }
    looksClean(t, await refusal(t, { clusterUrl: 'http://127.0.0.1:9', tokenUrl: idp.tokenUrl, env }))
    const { acquire } = await oauthLab(t, answer, {
      secret: Secret.ofValue(SECRET),
      headers: { 'X-Key': BODY },
    })
    looksClean(t, await thrown(acquire()))
  })
}

const others: [what: string, env: Record<string, string>][] = [
  ['a token that is none', { CAMUNDA_OAUTH_TOKEN: `Bearer ${TOKEN} x` }],
  [
    'a command that fails',
    { CAMUNDA_PROXY_TOKEN_COMMAND: `echo ${TOKEN} ${SECRET}; echo ${TOKEN} >&2; exit 3` },
  ],
  ['a command that prints no token', { CAMUNDA_PROXY_TOKEN_COMMAND: `echo '{"tok":"${TOKEN}"}'` }],
  [
    'a login at a cluster that is down',
    { CAMUNDA_COOKIE_AUTH_USERNAME: 'u', CAMUNDA_COOKIE_AUTH_PASSWORD: SECRET },
  ],
]

for (const [what, env] of others) {
  t.test(`no credential: ${what}`, async (t) => {
    looksClean(t, await refusal(t, { clusterUrl: 'http://127.0.0.1:9', env: { ...NO_CLIENT, ...env } }))
  })
}

t.test('no credential: a login that is answered by an echo, and Basic that cannot be sent', async (t) => {
  const cluster = await fakeCluster(({ url, body }, response) =>
    response.writeHead(401, { 'x-echo': url, 'set-cookie': `s=${TOKEN}` }).end(body),
  )
  t.teardown(() => cluster.close())
  const cookie = { CAMUNDA_COOKIE_AUTH_USERNAME: 'u', CAMUNDA_COOKIE_AUTH_PASSWORD: SECRET }
  looksClean(t, await refusal(t, { clusterUrl: cluster.url, env: { ...NO_CLIENT, ...cookie } }))
  const path = `${t.testdir({ file: `${SECRET}\n${SECRET}` })}/file`
  const basic = { CAMUNDA_USERNAME: 'u', CAMUNDA_BASIC_AUTH_PASSWORD_FILE: path }
  looksClean(t, await refusal(t, { clusterUrl: cluster.url, env: { ...NO_CLIENT, ...basic } }))
})

t.test('no credential: an egress proxy that refuses its password', async (t) => {
  const { port } = await fakeEgressProxy(t, { port: 9, answer: () => 407 })
  const env = { CAMUNDA_CLIENT_SECRET: SECRET, HTTPS_PROXY: `http://user:${SECRET}@127.0.0.1:${port}` }
  looksClean(
    t,
    await refusal(t, { clusterUrl: 'https://cluster.example', tokenUrl: 'https://idp.example/token', env }),
  )
})

/** Errors of requests with a credential, as the gateway has them when it answers, and those it did not expect. */
async function failing(t: Test, origin: string, keeper: Partial<Keeper>) {
  const errors: Error[] = []
  const dispatcher = clusterDispatcher(connection(), notes())
  const app = await buildGateway({
    inForce: new InForce(
      new Rules({
        destinations: oneDestination({ origin, basePath: '' }, dispatcher, keeper as CredentialKeeper),
        callerCheck: anybody,
        maxReplayBytes: 1_024,
        guard: guardPolicy(undefined, [], undefined),
        accessLog: {
          answered() {},
          preflight() {},
          abandoned() {},
          refused: (_request, problem: Problem) => errors.push(problem),
        },
      }),
    ),
    pseudonym: 'test',
    drainMs: 100,
    isDraining: () => false,
    onDefect: (error) => errors.push(error),
  })
  t.teardown(() => Promise.all([app.close(), dispatcher.destroy()]))
  const url = await listen(app, { host: '127.0.0.1', port: 0 })
  await fetch(`${url}/v2/x?token=${BODY}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${BODY}` },
    body: BODY,
  })
    .then((answer) => answer.text())
    .catch(() => {})
  return errors
}

const keeping = (headers: string[]): Partial<Keeper> => ({
  current: () => ({ headers, generation: 1, session: undefined }) as unknown as Credential,
  accept() {},
  reject: async () => undefined,
})

t.test('a cluster that fails', async (t) => {
  const keeper = keeping(['authorization', `Bearer ${TOKEN}`])
  const faults: [string, (text: string) => string | undefined][] = [
    ['nothing', () => undefined],
    ['garbage', (text) => `${text}\r\n\r\n`],
    ['half a head', () => `HTTP/1.1 200 OK\r\nset-cookie: s=${SECRET}`],
    ['a broken header', () => `HTTP/1.1 200 OK\r\nset cookie: s=${SECRET}\r\n\r\n`],
    [
      'two lengths',
      () => `HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\nx: ${SECRET}\r\n\r\n`,
    ],
  ]
  for (const [what, reply] of faults) {
    const server = await rawServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', (chunk) => socket.end(reply(String(chunk)) ?? ''))
    })
    t.teardown(() => server.close())
    const errors = await failing(t, server.url, keeper)
    t.equal(errors.length, 1, what)
    for (const error of errors) looksClean(t, error)
  }
  for (const error of await failing(t, 'http://127.0.0.1:9', keeper)) looksClean(t, error)
})

t.test('a credential that cannot be sent, and a keeper that breaks', async (t) => {
  const answer: Answer = (_request, response) => response.end()
  const cluster = await fakeCluster(answer)
  t.teardown(() => cluster.close())
  for (const value of [`Bearer ${TOKEN}\r\nx: y`, `Bearer ${TOKEN}\u0100`]) {
    const errors = await failing(t, cluster.url, keeping(['authorization', value]))
    t.equal(errors.length, 1)
    for (const error of errors) looksClean(t, error)
  }
  const broken = { current: () => JSON.parse('{') as Credential }
  const errors = await failing(t, cluster.url, broken)
  t.ok(errors.length > 0)
  for (const error of errors) looksClean(t, error)
})

t.test('settings and files that cannot be used', async (t) => {
  const folder = t.testdir({
    'bad.yaml': `clientSecret: "${SECRET}\n  - : [${SECRET}`,
    'odd.yaml': `clientSecret: [${SECRET}]\ncallerToken: {a: ${TOKEN}}\n`,
    'callers.yaml': `callers: [{name: "${SECRET}", tokenHash: ${TOKEN}}]`,
  })
  const key = `-----BEGIN PRIVATE KEY-----\n${TOKEN}\n-----END PRIVATE KEY-----`
  const jwt = { CAMUNDA_PROXY_OAUTH_CLIENT_AUTH: 'private_key_jwt', CAMUNDA_PROXY_OAUTH_PRIVATE_KEY: key }
  for (const attempt of [
    () => load({}, ['--config', `${folder}/bad.yaml`]),
    () => load({}, ['--config', `${folder}/odd.yaml`]),
    () => load({}, ['--client-secret', SECRET, `--caller-token=${TOKEN}`]),
    () => load({ HTTPS_PROXY: `socks5://user:${SECRET}@proxy.example` }),
    () => load({ CAMUNDA_OAUTH_URL: `https://user:${SECRET}@idp.example/` }),
    () => load(jwt),
    () => openCallersFile(`${folder}/callers.yaml`, () => {}),
  ])
    looksClean(t, await thrown(attempt()))
})

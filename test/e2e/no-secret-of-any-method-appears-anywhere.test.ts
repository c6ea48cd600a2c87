// Runs the real program, as talkative as it can be, with each method and each way in which it can fail, and looks for
// each secret in everything that it said; and into the program itself, for who prints it.
import { inspect } from 'node:util'
import t, { type Test } from 'tap'
import { banner, startReport } from '../../src/commands/banner.ts'
import { loadSettings } from '../../src/config/load.ts'
import { clean, whole } from '../helpers/canaries.ts'
import { certificateAuthority, encrypted } from '../helpers/certificate.ts'
import { cookieCluster } from '../helpers/cookie-cluster.ts'
import { fakeEgressProxy } from '../helpers/egress-proxy.ts'
import { type Answer, fakeCluster } from '../helpers/fake-cluster.ts'
import { fakeIdp, type IdpAnswer, json, tokens } from '../helpers/fake-idp.ts'
import { search } from '../helpers/methods.ts'
import { runProgram } from '../helpers/program.ts'
import { runProxy } from '../helpers/proxy.ts'

const SECRET = 'canary-secret-0f6d&=ü'
const TOKEN = 'canary-token-81aa-37c2'
const COOKIE = 'canary-cookie-5e0b-90d4'
const PEM = 'Y2FuYXJ5LWtleS1jb250ZW50LTk3'
const CANARIES = [SECRET, TOKEN, COOKIE, PEM]
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

const LOGIN = { CAMUNDA_COOKIE_AUTH_USERNAME: 'user', CAMUNDA_COOKIE_AUTH_PASSWORD: SECRET }
const CLIENT = { CAMUNDA_CLIENT_ID: 'client', CAMUNDA_CLIENT_SECRET: SECRET }
const DOWN = 'http://127.0.0.1:9'

interface Case {
  what: string
  /** The environment, once what it names is running. */
  env(t: Test): Promise<Record<string, string>> | Record<string, string>
  /** What it says when it has failed. */
  line: string
  /** What the caller sends. */
  headers?: Record<string, string>
  /** What the caller is told at least. */
  told?: string
}

async function clusterOf(t: Test, answer: Answer): Promise<{ CAMUNDA_REST_ADDRESS: string }> {
  const cluster = await fakeCluster(answer)
  t.teardown(() => cluster.close())
  return { CAMUNDA_REST_ADDRESS: cluster.url }
}

async function providerOf(t: Test, answer: IdpAnswer): Promise<{ url: string; port: number }> {
  const idp = await fakeIdp(answer)
  t.teardown(() => idp.close())
  return { url: idp.tokenUrl, port: idp.port }
}

const login = (what: string, answer: Answer): Case => ({
  what: `a login that is answered by ${what}`,
  env: async (t) => ({ ...LOGIN, ...(await clusterOf(t, answer)) }),
  line: 'no new login',
})

const command = (what: string, script: string): Case => ({
  what: `a command that ${what}`,
  env: (t) => ({
    CAMUNDA_REST_ADDRESS: DOWN,
    CAMUNDA_PROXY_TOKEN_COMMAND: `sh ${t.testdir({ script })}/script`,
  }),
  line: 'no new token',
})

const discovery = (what: string, answer: IdpAnswer): Case => ({
  what: `discovery that finds ${what}`,
  env: async (t) => ({
    ...CLIENT,
    CAMUNDA_REST_ADDRESS: DOWN,
    CAMUNDA_PROXY_OAUTH_ISSUER: new URL((await providerOf(t, answer)).url).origin,
    CAMUNDA_PROXY_OAUTH_HEADERS: `X-Key=${encodeURIComponent(SECRET)}`,
  }),
  line: 'Discovery failed',
})

const egress = (what: string, answer: number | undefined): Case => ({
  what: `an egress proxy that ${what}`,
  env: async (t) => {
    const port = answer === undefined ? 9 : (await fakeEgressProxy(t, { port: 9, answer: () => answer })).port
    const proxy = `http://user:${encodeURIComponent(SECRET)}@127.0.0.1:${port}`
    return { ...CLIENT, CAMUNDA_REST_ADDRESS: 'https://cluster.example', HTTPS_PROXY: proxy }
  },
  line: 'no new token',
})

const echo: IdpAnswer = (request, response) =>
  json(response, 400, {
    error: 'invalid_scope',
    error_description: `${request.form} ${JSON.stringify(request.headers)} ${request.form.get('key')}`,
  })

const cases: Case[] = [
  ...(['8.6', '8.8'] as const).map((generation) => ({
    what: `a wrong password, ${generation}`,
    env: async (t: Test) => {
      const cluster = await cookieCluster({ generation })
      t.teardown(() => cluster.close())
      return { ...LOGIN, CAMUNDA_REST_ADDRESS: cluster.base }
    },
    line: 'refused the user name or password',
  })),
  {
    what: 'a cluster that is down',
    env: () => ({ ...LOGIN, CAMUNDA_REST_ADDRESS: DOWN }),
    line: 'no new login',
  },
  login('an echo', ({ url, body }, response) => response.writeHead(401, { 'x-echo': url }).end(body)),
  login('a redirect', ({ url, body }, response) =>
    response.writeHead(302, { location: `/login?error&${url.split('?')[1]}${body}` }).end(),
  ),
  login('a redirect elsewhere', ({ body }, response) =>
    response
      .writeHead(302, { location: `https://sso.example/oauth2/${body}`, 'set-cookie': `a=${COOKIE}` })
      .end(),
  ),
  login('a cookie for nobody', (_request, response) =>
    response.writeHead(204, { 'set-cookie': `s=${COOKIE}; Domain=other.example` }).end(),
  ),
  login('garbage', ({ body }, response) => response.socket?.end(`${body}\r\n\r\n`)),
  login('a server that is busy', ({ body }, response) => response.writeHead(503).end(body)),
  {
    what: 'Basic that is refused',
    env: async (t) => ({
      ...(await clusterOf(t, (_request, response) => response.writeHead(401).end())),
      CAMUNDA_USERNAME: 'user',
      CAMUNDA_PASSWORD: SECRET,
    }),
    line: 'password acquired',
    told: '401 Unauthorized',
  },
  {
    what: 'Basic that cannot be sent',
    env: (t) => ({
      CAMUNDA_REST_ADDRESS: DOWN,
      CAMUNDA_USERNAME: 'user',
      CAMUNDA_BASIC_AUTH_PASSWORD_FILE: `${t.testdir({ file: `${SECRET}\n${SECRET}` })}/file`,
    }),
    line: 'no new password',
  },
  {
    what: 'a token that is none',
    env: () => ({ CAMUNDA_REST_ADDRESS: DOWN, CAMUNDA_OAUTH_TOKEN: `Bearer ${TOKEN}` }),
    line: 'no new token',
  },
  command('fails aloud', `echo '${SECRET}' >&2; echo '${TOKEN}'; exit 3`),
  command('prints more than a token', `echo '${TOKEN} ${SECRET}'; echo '${SECRET}' >&2`),
  command('prints JSON without a token', `echo '{"tokn":"${TOKEN}"}'`),
  command('prints a token that has expired', `echo '{"token":"${TOKEN}","expires_in":-5}'`),
  command('does not exist', `exec /no/such/program '${SECRET}'`),
  discovery('nothing', (_request, response) => response.writeHead(404).end(SECRET)),
  discovery('another issuer', (_request, response) =>
    json(response, 200, { issuer: 'https://other.example' }),
  ),
  discovery('a page', (_request, response) => response.writeHead(200).end(`<p>${TOKEN}`)),
  discovery('a redirect', (_request, response) => response.writeHead(302, { location: `/${TOKEN}` }).end()),
  egress('is down', undefined),
  egress('wants another password', 407),
  egress('leads nowhere', 502),
  {
    what: 'additions that the identity provider repeats',
    env: async (t) => ({
      ...CLIENT,
      CAMUNDA_REST_ADDRESS: DOWN,
      CAMUNDA_OAUTH_URL: (await providerOf(t, echo)).url,
      CAMUNDA_PROXY_OAUTH_PARAMETERS: `key=${encodeURIComponent(SECRET)}`,
      CAMUNDA_PROXY_OAUTH_HEADERS: `X-Key=${TOKEN}&Authorization=${encodeURIComponent(basic(`u:${SECRET}`))}`,
    }),
    line: 'invalid_scope',
  },
  {
    what: 'a client of the caller that is refused',
    env: async (t) => ({
      CAMUNDA_REST_ADDRESS: DOWN,
      CAMUNDA_PROXY_CALLER_AUTH: 'client-credentials',
      CAMUNDA_OAUTH_URL: (await providerOf(t, echo)).url,
    }),
    line: 'listening on',
    told: 'problem:caller-refused',
    headers: { authorization: basic(`client:${SECRET}`) },
  },
]

for (const { what, env, line, headers = {}, told = '503 Service Unavailable' } of cases) {
  t.test(what, async (t) => {
    const given = { CAMUNDA_PROXY_PORT: '0', CAMUNDA_PROXY_ADMIN_PORT: '0', ...(await env(t)) }
    const program = runProgram(t, ['start', '--log-level', 'trace', '--access-log', 'all'], given)
    const { listening, admin } = await program.line('listening on')
    await program.line(line)
    const said = [
      await whole(`${listening}/v2/topology`, { headers }),
      await whole(`${listening}/v2/user-task/search`, { method: 'POST', headers, body: '{}' }),
      await whole(`${admin}/readyz`),
      await whole(`${admin}/status.json`),
      await whole(`${admin}/startupz`),
    ]
    t.match(said.join('\n'), told)
    program.child.kill('SIGTERM')
    await program.ended
    clean(t, [...said, program.stdout(), program.stderr()].join('\n'), CANARIES)
  })
}

t.test('settings that cannot be used', async (t) => {
  const authority = certificateAuthority()
  const mine = authority.client('mine')
  const [body = ''] = mine.key.match(/^[A-Za-z0-9+/]{40,}/m) ?? []
  const key = `-----BEGIN PRIVATE KEY-----\n${PEM}\n-----END PRIVATE KEY-----\n`
  const folder = t.testdir({
    'callers.yaml': `callers: [{name: a, tokenHash: "${TOKEN}"}, {name: "${SECRET}", tokenHash: ${TOKEN}, x: ${TOKEN}}]`,
    'twice.yaml': `oauthHeaders: {X-Key: [${TOKEN}]}\noauthParameters: {a: {b: ${TOKEN}}}\ntokenCommand: [${TOKEN}]\n`,
  })
  const enough = { ...CLIENT, CAMUNDA_REST_ADDRESS: 'https://cluster.example' }
  const mtls = { CAMUNDA_MTLS_CERT: mine.cert, CAMUNDA_MTLS_KEY: mine.key }
  const jwt = { CAMUNDA_PROXY_OAUTH_CLIENT_AUTH: 'private_key_jwt' }
  for (const env of [
    { ...enough, ...mtls, CAMUNDA_MTLS_KEY: key },
    { ...enough, ...mtls, CAMUNDA_MTLS_CERT: `${authority.client('other').cert}` },
    { ...enough, ...mtls, CAMUNDA_MTLS_KEY: encrypted(mine, SECRET), CAMUNDA_MTLS_KEY_PASSPHRASE: TOKEN },
    { ...enough, ...mtls, CAMUNDA_MTLS_CA: `-----BEGIN CERTIFICATE-----\n${PEM}\n-----END CERTIFICATE-----` },
    { ...enough, ...jwt, CAMUNDA_PROXY_OAUTH_PRIVATE_KEY: key },
    { ...enough, ...jwt, CAMUNDA_PROXY_OAUTH_PRIVATE_KEY: mine.key, CAMUNDA_PROXY_OAUTH_CERTIFICATE: PEM },
    { ...enough, HTTPS_PROXY: `http://user:12/${SECRET}@proxy.example:3128` },
    { ...enough, HTTPS_PROXY: `socks5://user:${TOKEN}@proxy.example` },
    { ...enough, HTTPS_PROXY: `http://user:${SECRET}@proxy.example:port` },
    { ...enough, CAMUNDA_PROXY_CALLERS_FILE: `${folder}/callers.yaml` },
    { ...enough, CAMUNDA_PROXY_CONFIG: `${folder}/twice.yaml` },
    { ...enough, CAMUNDA_PROXY_OAUTH_HEADERS: `Host=${TOKEN}` },
    { ...enough, CAMUNDA_PROXY_OAUTH_PARAMETERS: `client_secret=${TOKEN}` },
    { ...enough, CAMUNDA_PROXY_ALLOW: `GET ${TOKEN}` },
  ] as Record<string, string>[]) {
    const program = runProgram(t, ['start', '--port', '0', '--admin-port', '0'], env)
    t.equal(await program.ended, 2, program.stderr())
    clean(t, program.stdout() + program.stderr(), [...CANARIES, body])
  }
})

/** All that can be secret, and works. */
const everything = (folder: string): Record<string, string> => ({
  ...CLIENT,
  CAMUNDA_REST_ADDRESS: 'https://cluster.example',
  CAMUNDA_AUTH_STRATEGY: 'OAUTH',
  CAMUNDA_PASSWORD: SECRET,
  CAMUNDA_COOKIE_AUTH_PASSWORD: SECRET,
  CAMUNDA_OAUTH_TOKEN: TOKEN,
  CAMUNDA_MTLS_CERT_PATH: `${folder}/cert.pem`,
  CAMUNDA_MTLS_KEY_PATH: `${folder}/key.pem`,
  CAMUNDA_MTLS_KEY_PASSPHRASE: SECRET,
  CAMUNDA_PROXY_OAUTH_PARAMETERS: `key=${TOKEN}`,
  CAMUNDA_PROXY_OAUTH_HEADERS: `X-Key=${TOKEN}`,
  CAMUNDA_PROXY_CALLER_TOKEN: TOKEN,
  HTTPS_PROXY: `http://user:${encodeURIComponent(SECRET)}@127.0.0.1:9`,
})

t.test('settings that are shown, and the banner', async (t) => {
  const mine = certificateAuthority().client('mine')
  const folder = t.testdir({ 'cert.pem': mine.cert, 'key.pem': encrypted(mine, SECRET) })
  const env = everything(folder)
  const program = runProgram(t, ['config'], env)
  t.equal(await program.ended, 0, program.stderr())
  t.match(program.stdout(), /httpsProxy +\[redacted\]/)
  clean(t, program.stdout() + program.stderr(), CANARIES)
  const { settings } = await loadSettings([], env)
  const report = startReport(settings, 'http://127.0.0.1:8080', undefined)
  clean(t, banner(report) + JSON.stringify(report), CANARIES)
  clean(t, inspect(settings, { depth: 20, showHidden: true }) + JSON.stringify(settings), [SECRET])
})

const ways: [what: string, env: Record<string, string>][] = [
  ['OAUTH', CLIENT],
  ['COOKIE', LOGIN],
  ['BASIC', { CAMUNDA_USERNAME: 'user', CAMUNDA_PASSWORD: SECRET }],
  ['BEARER', { CAMUNDA_OAUTH_TOKEN: TOKEN }],
]

for (const [what, env] of ways) {
  t.test(`whoever looks into the program: ${what}`, async (t) => {
    const cluster = await fakeCluster((_request, response) =>
      response.writeHead(200, { 'set-cookie': `s=${COOKIE}`, 'content-type': 'text/plain' }).end('ok'),
    )
    t.teardown(() => cluster.close())
    const idp = await fakeIdp(tokens(300, TOKEN))
    t.teardown(() => idp.close())
    const none = { CAMUNDA_CLIENT_ID: '', CAMUNDA_CLIENT_SECRET: '' }
    const proxy = await runProxy(t, {
      clusterUrl: cluster.url,
      tokenUrl: idp.tokenUrl,
      env: { ...none, CAMUNDA_PROXY_CALLER_TOKEN: COOKIE, ...env },
    })
    const answer = await search(proxy.url, { headers: { 'x-camunda-proxy-token': COOKIE } })
    t.equal(answer.status, 200, proxy.log())
    const seen = inspect({ ...proxy.app }, { depth: 7, maxArrayLength: null, maxStringLength: null })
    t.match(seen, 'CredentialKeeper')
    clean(t, seen, CANARIES)
  })
}

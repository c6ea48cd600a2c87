import t from 'tap'
import { Secret } from '../../src/config/secrets.ts'
import { cookieLab, lines, loginAt, toldLab } from '../helpers/cookie-lab.ts'
import { failureOf } from '../helpers/oauth-lab.ts'

for (const [generation, path] of [
  ['8.6', '/api/login'],
  ['8.8', '/login'],
] as const) {
  t.test(`${generation} refuses the password`, async (t) => {
    const { failure, cluster } = await cookieLab(t, { generation, password: 'another' })
    t.strictSame(await failure(), {
      code: 'wrong-password',
      message: `The login at ${cluster.base}${path} refused the user name or password of "the user".`,
      refused: true,
    })
    t.equal(cluster.logins(), 1, 'one failed login, not two, before an account is locked')
    const seen = lines(cluster).join()
    t.equal(seen.includes('password'), generation === '8.6', 'the page of the other generation is not tried')
  })
}

const PROBLEM = { 'content-type': 'application/problem+json;charset=UTF-8' }
const JSON_TYPE = { 'content-type': 'application/json' }

/** An answer to a login, and what it comes to at the form and at the older page. */
const answers: [string, number, Record<string, string>, string, string][] = [
  ['a problem', 401, PROBLEM, 'wrong-password', 'no-login-page'],
  [
    'a problem with a challenge',
    401,
    { ...PROBLEM, 'www-authenticate': 'Basic' },
    'wrong-password',
    'no-login-page',
  ],
  ['a message', 401, JSON_TYPE, 'no-login-page', 'wrong-password'],
  ['no words', 401, {}, 'wrong-password', 'wrong-password'],
  ['a challenge', 401, { 'www-authenticate': 'Bearer' }, 'no-login-page', 'no-login-page'],
  ["Spring's own no", 302, { location: '/login?error' }, 'wrong-password', 'wrong-password'],
  ['the way to a login', 302, { location: '/api/login' }, 'no-login-page', 'no-login-page'],
  ['not found', 404, PROBLEM, 'no-login-page', 'no-login-page'],
  ['forbidden', 403, JSON_TYPE, 'no-login-page', 'no-login-page'],
  ['not with this method', 405, JSON_TYPE, 'no-login-page', 'no-login-page'],
]

t.test('each generation has its own way of saying no', async (t) => {
  for (const [what, status, headers, atForm, atOlder] of answers) {
    for (const [path, code] of [
      ['/login', atForm],
      ['/api/login', atOlder],
    ] as const) {
      const { cluster } = await toldLab(t, (_request, response) =>
        response.writeHead(status, headers).end('{}'),
      )
      const { failure } = loginAt(t, cluster.url, { loginUrl: `${cluster.url}${path}` })
      t.match(await failure(), { code, refused: status !== 404 }, `${what} at ${path}`)
    }
  }
})

t.test('what the page says is not quoted, and a user name cannot break a line', async (t) => {
  const { failure } = await toldLab(
    t,
    (_request, response) => response.writeHead(401, PROBLEM).end('{"detail":"canary-detail"}'),
    { username: 'a\n"b' },
  )
  const { message } = await failure()
  t.match(message, '"a\\n\\"b"')
  t.notMatch(message, /canary|\n/)
})

t.test('a password that cannot be read is told by its place', async (t) => {
  const { failure, source, cluster } = await toldLab(t, () => {}, {
    password: Secret.ofFile('/nowhere/password'),
  })
  const told = {
    code: 'secret-unreadable',
    message: 'The password cannot be read from file /nowhere/password (ENOENT).',
    refused: false,
  }
  t.strictSame(await failure(), told)
  t.strictSame(await failureOf(source.fingerprint(), []), told)
  t.equal(cluster.begun(), 0)
})

t.test('a digest tells that the password changed, without giving it away', async (t) => {
  const prints = []
  for (const value of ['one', 'one', 'two']) {
    const { source } = await toldLab(t, () => {}, { password: Secret.ofValue(value) })
    prints.push(await source.fingerprint())
  }
  t.equal(prints[0], prints[1])
  t.not(prints[0], prints[2])
  t.notMatch(prints.join(), /one|two/)
})

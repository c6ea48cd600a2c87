import t from 'tap'
import { cookieLab, lines, loginAt, PASSWORD, toldLab } from '../helpers/cookie-lab.ts'

t.test('it logs in by OpenID Connect: the password does not get into a query', async (t) => {
  const { failure, cluster } = await cookieLab(t, { oidc: true })
  const { host } = new URL(cluster.url)
  t.strictSame(await failure(), {
    code: 'no-login-page',
    message: `The cluster ${host} has no form login: POST ${cluster.url}/login answered status 302. One with OpenID Connect wants OAUTH, not COOKIE.`,
    refused: true,
  })
  t.strictSame(lines(cluster), ['POST /login'])
})

t.test('it sends to another host', async (t) => {
  const location = 'https://idp.example/auth?client_id=camunda'
  const { failure, cluster } = await toldLab(t, (_request, response) =>
    response.writeHead(303, { location }).end(),
  )
  t.match(await failure(), { code: 'no-login-page' })
  t.strictSame(lines(cluster), ['POST /login'], 'and is not followed there')
})

t.test(
  'only 404: something in front of a cluster that is starting may say so, and it is tried again soon',
  async (t) => {
    for (const [other, refused] of [
      [404, false],
      [405, true],
    ] as const) {
      const { failure } = await toldLab(t, (request, response) =>
        response.writeHead(request.url === '/login' ? 404 : other).end(),
      )
      t.match(await failure(), { code: 'no-login-page', refused })
    }
  },
)

t.test('neither page is there: what each of them answered is said', async (t) => {
  const { failure, cluster } = await toldLab(t, (request, response) =>
    response.writeHead(request.url === '/login' ? 404 : 405).end(),
  )
  const { message } = await failure()
  t.match(
    message,
    `POST ${cluster.url}/login answered status 404, POST ${cluster.url}/api/login answered status 405.`,
  )
  t.notMatch(message, /[?]/)
})

t.test('a page to look at is no login, whether it sets a cookie or not', async (t) => {
  for (const cookie of [undefined, 'JSESSIONID=anonymous; Path=/']) {
    const { failure } = await toldLab(t, (_request, response) => {
      if (cookie !== undefined) response.setHeader('set-cookie', cookie)
      response.writeHead(200, { 'content-type': 'text/html;charset=utf-8' }).end('<h1>Welcome</h1>')
    })
    t.match(await failure(), { code: 'no-login-page', message: 'status 200' })
  }
})

t.test('nor is a success without a cookie', async (t) => {
  const { failure } = await toldLab(t, (_request, response) => response.writeHead(204).end())
  t.match(await failure(), { code: 'no-login-page', message: 'status 204' })
})

t.test('a redirect is not followed, even with a session in it', async (t) => {
  const headers = { location: '/operate', 'set-cookie': 'JSESSIONID=anonymous; Path=/' }
  const { failure, cluster } = await toldLab(t, (_request, response) =>
    response.writeHead(302, headers).end(),
  )
  t.match(await failure(), { code: 'no-login-page', message: 'status 302' })
  t.equal(cluster.seen.length, 2)
})

t.test('what is secret in the URL of a login page is not said', async (t) => {
  const { cluster } = await toldLab(t, (_request, response) => response.writeHead(404).end())
  const loginUrl = `${cluster.url.replace('//', '//canary-user:canary-pass@')}/api/login?key=canary-key`
  const { failure } = loginAt(t, cluster.url, { loginUrl })
  const { message } = await failure()
  t.notMatch(message, /canary/)
  t.ok(cluster.seen[0]?.url.endsWith(encodeURIComponent(PASSWORD)))
})

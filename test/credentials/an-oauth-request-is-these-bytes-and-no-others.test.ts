import t, { type Test } from 'tap'
import { Secret } from '../../src/config/secrets.ts'
import { oauthSource } from '../../src/credentials/oauth.ts'
import { identityProviderDispatcher } from '../../src/upstream/dispatcher.ts'
import { connection, notes } from '../helpers/connections.ts'
import { rawServer } from '../helpers/fake-cluster.ts'
import { parseAnswer } from '../helpers/raw-http.ts'

const answer = '{"access_token":"abc","token_type":"Bearer","expires_in":300}'

interface Parameters {
  clientId: string
  secret: string
  audience?: string
  scope?: string
}

/** The bytes of a token request with these parameters, read off the wire. */
async function requestWith(t: Test, { clientId, secret, audience, scope }: Parameters) {
  let received = ''
  const server = await rawServer((socket) =>
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      const { header, body } = parseAnswer(received)
      if (!received.includes('\r\n\r\n') || body.length < Number(header('content-length'))) return
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${answer.length}\r\n\r\n${answer}`)
    }),
  )
  t.teardown(() => server.close())
  const dispatcher = identityProviderDispatcher(connection(), notes())
  t.teardown(() => dispatcher.destroy())
  const source = oauthSource({
    tokenUrl: new URL(`${server.url}/realms/a%2Fb/token?tenant=x%20y`),
    clientId,
    clientSecret: Secret.ofValue(secret),
    audience,
    scope,
    dispatcher,
  })
  await source.acquire(new AbortController().signal)
  return { ...parseAnswer(received), port: server.port }
}

t.test('the request line and the headers', async (t) => {
  const { head, header, body, port } = await requestWith(t, { clientId: 'id', secret: 'canary-4e1' })
  t.equal(head.split('\r\n')[0], 'POST /realms/a%2Fb/token?tenant=x%20y HTTP/1.1')
  t.equal(header('host'), `127.0.0.1:${port}`)
  t.equal(header('content-type')?.toLowerCase(), 'application/x-www-form-urlencoded;charset=utf-8')
  t.equal(header('content-length'), String(body.length))
  t.equal(header('accept'), 'application/json')
  t.equal(header('user-agent'), 'camunda-auth-proxy')
  for (const name of ['authorization', 'proxy-authorization', 'cookie', 'dpop', 'origin', 'referer']) {
    t.equal(header(name), undefined, `no ${name}`)
  }
  t.notMatch(head, 'canary', 'the secret is in the body only')
})

t.test('the form', async (t) => {
  const bare = ['client_id=id', 'client_secret=s', 'grant_type=client_credentials']
  const cases: [Parameters, string[]][] = [
    [{ clientId: 'id', secret: 's' }, bare],
    [{ clientId: 'id', secret: 's', audience: 'zeebe.camunda.io' }, ['audience=zeebe.camunda.io', ...bare]],
    [
      { clientId: 'id', secret: 's', scope: 'api://x/.default b' },
      [...bare, 'scope=api%3A%2F%2Fx%2F.default+b'],
    ],
    [
      { clientId: 'id', secret: 's', audience: 'a&scope=b', scope: 'c' },
      ['audience=a%26scope%3Db', ...bare, 'scope=c'],
    ],
    [
      { clientId: 'a b/ü:&', secret: '%2B+&=;#ü€😀" \\\'' },
      [
        'client_id=a+b%2F%C3%BC%3A%26',
        'client_secret=%252B%2B%26%3D%3B%23%C3%BC%E2%82%AC%F0%9F%98%80%22+%5C%27',
        'grant_type=client_credentials',
      ],
    ],
  ]
  for (const [parameters, expected] of cases) {
    const { body } = await requestWith(t, parameters)
    t.strictSame(body.split('&').sort(), expected)
  }
})

import t from 'tap'
import { Secret } from '../../src/config/secrets.ts'
import { selfSigned } from '../helpers/certificate.ts'
import { json } from '../helpers/fake-idp.ts'
import { oauthLab, SECRET } from '../helpers/oauth-lab.ts'

const evil = {
  grant_type: 'password',
  client_id: 'evil',
  client_secret: 'evil',
  client_assertion: 'evil',
  client_assertion_type: 'evil',
  Client_Id: 'evil',
}

t.test('parameters, beside audience, scope and resource', async (t) => {
  const { idp, acquire } = await oauthLab(t, undefined, {
    audience: 'a',
    scope: 's',
    resource: 'https://r.example/?x=1&y',
    parameters: { ...evil, tenant: 'ü &=', audience: 'evil', scope: 'evil', resource: 'evil' },
  })
  await acquire()
  t.strictSame([...(idp.requests[0]?.form ?? [])].sort(), [
    ['audience', 'a'],
    ['client_id', 'the client'],
    ['client_secret', SECRET],
    ['grant_type', 'client_credentials'],
    ['resource', 'https://r.example/?x=1&y'],
    ['scope', 's'],
    ['tenant', 'ü &='],
  ])
})

t.test('nor can they speak for a client that says nothing of that kind', async (t) => {
  for (const clientAuth of [
    { method: 'tls_client_auth' },
    { method: 'client_secret_basic', secret: Secret.ofValue(SECRET) },
  ] as const) {
    const { idp, acquire } = await oauthLab(t, undefined, { clientAuth, parameters: evil })
    await acquire()
    t.notMatch([...(idp.requests[0]?.form ?? [])].flat().join(), 'evil')
  }
})

t.test('headers, and none that frame the request or prove who asks', async (t) => {
  const headers = {
    'X-Api-Key': 'k ü',
    'User-Agent': 'another',
    Authorization: 'Bearer gateway',
    Host: 'evil',
    'Content-Type': 'evil',
    'Content-Length': '1',
    'Transfer-Encoding': 'evil',
    Connection: 'close',
    Accept: 'evil',
    'x-evil': 'evil\r\nx: y',
    'evil name': 'evil',
  }
  for (const method of ['client_secret_post', 'client_secret_basic'] as const) {
    const clientAuth = { method, secret: Secret.ofValue(SECRET) }
    const { idp, acquire } = await oauthLab(t, undefined, { clientAuth, headers })
    await acquire()
    const [request] = idp.requests
    t.match(request?.headers, {
      'x-api-key': 'k ü',
      'user-agent': 'another',
      host: `127.0.0.1:${idp.port}`,
      'content-type': /^application\/x-www-form-urlencoded/,
      connection: 'keep-alive',
      accept: 'application/json',
      authorization: method === 'client_secret_post' ? 'Bearer gateway' : /^Basic /,
    })
    t.notMatch(JSON.stringify(request?.headers), 'evil')
    t.equal(request?.form.get('grant_type'), 'client_credentials', 'the whole form has arrived')
  }
})

t.test('what was added is not quoted, nor what the request was signed with', async (t) => {
  const { key } = selfSigned('client')
  const { idp, failure } = await oauthLab(t, undefined, {
    clientAuth: {
      method: 'private_key_jwt',
      key: Secret.ofValue(key),
      algorithm: undefined,
      keyId: undefined,
      certificate: undefined,
    },
    parameters: { tenant: 'canary-tenant ü', short: 'no' },
    headers: { 'x-api-key': 'canary-key', authorization: 'Bearer canary-gateway' },
  })
  idp.answerWith(({ form, headers }, response) => {
    const [, payload, signature] = form.get('client_assertion')?.split('.') ?? []
    // The description is cut off, and so each of them is tried by itself.
    const echoes = ['canary-tenant ü', headers['x-api-key'], 'canary-gateway', signature, payload]
    const error_description = `no: ${echoes[idp.requests.length - 1]}`
    json(response, 401, { error: 'invalid_client', error_description })
  })
  for (let echo = 0; echo < 5; echo++) {
    const { message } = await failure(['canary', 'eyJ'])
    t.match(message, /status 401 invalid_client \(no: \[redacted\]\)\.$/)
  }
})

t.test('an echoed Authorization header of Basic', async (t) => {
  const clientAuth = { method: 'client_secret_basic', secret: Secret.ofValue(SECRET) } as const
  const { idp, failure } = await oauthLab(t, undefined, { clientAuth })
  idp.answerWith(({ headers }, response) =>
    json(response, 401, { error: 'invalid_client', error_description: `bad ${headers.authorization}` }),
  )
  t.match((await failure()).message, /\(bad Basic \[redacted\]\)\.$/)
})

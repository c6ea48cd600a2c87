import { createHash, createPublicKey, X509Certificate } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import t from 'tap'
import { Secret } from '../../src/config/secrets.ts'
import type { ClientAuth } from '../../src/config/settings.ts'
import { selfSigned } from '../helpers/certificate.ts'
import { oauthLab } from '../helpers/oauth-lab.ts'

const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
type PrivateKeyJwt = Extract<ClientAuth, { method: 'private_key_jwt' }>

const jwtAuth = (key: string, more: Partial<PrivateKeyJwt> = {}): ClientAuth => ({
  method: 'private_key_jwt',
  key: Secret.ofValue(key),
  algorithm: undefined,
  keyId: undefined,
  certificate: undefined,
  ...more,
})

t.test('client_secret_basic: both form-encoded, in the header and nowhere else', async (t) => {
  const clientAuth = { method: 'client_secret_basic', secret: Secret.ofValue('a b:%ü-') } as const
  const { idp, acquire } = await oauthLab(t, undefined, { clientAuth, clientId: 'id:x y' })
  await acquire()
  const [request] = idp.requests
  const authorization = Buffer.from('id%3Ax+y:a+b%3A%25%C3%BC%2D').toString('base64')
  t.equal(request?.headers.authorization, `Basic ${authorization}`)
  t.strictSame([...(request?.form ?? [])], [['grant_type', 'client_credentials']])
})

t.test('tls_client_auth: nothing but the name', async (t) => {
  const { idp, acquire } = await oauthLab(t, undefined, { clientAuth: { method: 'tls_client_auth' } })
  await acquire()
  const [request] = idp.requests
  t.equal(request?.headers.authorization, undefined)
  t.strictSame(Object.fromEntries(request?.form ?? []), {
    grant_type: 'client_credentials',
    client_id: 'the client',
  })
})

for (const type of ['rsa', 'ec'] as const) {
  t.test(`private_key_jwt with a key of type ${type}`, async (t) => {
    const { key, cert } = selfSigned('client', type)
    const clientAuth = jwtAuth(key, { keyId: 'key 1', certificate: Secret.ofValue(cert) })
    const { idp, acquire } = await oauthLab(t, undefined, { clientAuth })
    await acquire()
    const { client_assertion: assertion = '', ...form } = Object.fromEntries(idp.requests[0]?.form ?? [])
    t.strictSame(form, {
      grant_type: 'client_credentials',
      client_id: 'the client',
      client_assertion_type: JWT_BEARER,
    })
    t.strictSame(decodeProtectedHeader(assertion), {
      alg: type === 'rsa' ? 'RS256' : 'ES256',
      kid: 'key 1',
      typ: 'JWT',
      x5t: createHash('sha1').update(new X509Certificate(cert).raw).digest('base64url'),
    })
    const { payload } = await jwtVerify(assertion, createPublicKey(cert))
    const { iat = 0, jti, ...claims } = payload
    t.ok(Math.abs(iat - Date.now() / 1_000) < 60)
    t.match(jti, /^[\w-]{20,}$/)
    t.strictSame(claims, {
      iss: 'the client',
      sub: 'the client',
      aud: idp.tokenUrl,
      nbf: iat,
      exp: iat + 300,
    })
  })
}

t.test('an assertion is used once, and says only what is known', async (t) => {
  const { key } = selfSigned('client', 'rsa')
  const { idp, acquire } = await oauthLab(t, undefined, { clientAuth: jwtAuth(key, { algorithm: 'PS256' }) })
  await acquire()
  await acquire()
  const [one = '', two = ''] = idp.requests.map(({ form }) => form.get('client_assertion') ?? '')
  t.strictSame(decodeProtectedHeader(one), { alg: 'PS256', typ: 'JWT' })
  t.not(decodeJwt(one).jti, decodeJwt(two).jti)
})

import t from 'tap'
import { json } from '../helpers/fake-idp.ts'
import { oauthLab } from '../helpers/oauth-lab.ts'

const access_token = 'canary-token-e02f'
const jwt = (claims: unknown) => `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.y`
const DAY = 86_400_000
const cannotBeUsed = /^The identity provider 127\.0\.0\.1:\d+ gave an answer that cannot be used: /
const unusable = { code: 'malformed', message: cannotBeUsed, refused: false, retryAfterMs: undefined }

t.test('for how long', async (t) => {
  const { idp, acquire } = await oauthLab(t)
  for (const [fields, lifetimeMs] of [
    [{ expires_in: 300 }, 300_000],
    [{ expires_in: '300' }, 300_000],
    [{ expires_in: 1 }, 1_000],
    [{ expires_in: 86_400 }, DAY],
    [{ expires_in: 86_401 }, DAY],
    [{ expires_in: 1e300 }, DAY],
    [{}, 300_000],
    [{ access_token: jwt({ iat: 1_000, exp: 1_090 }) }, 90_000],
    [{ access_token: jwt({ iat: 1_000, exp: 1_090 }), expires_in: 60 }, 60_000],
    [{ access_token: jwt({ iat: 1_000, exp: 900 }) }, 300_000],
  ] as const) {
    const body = { access_token, token_type: 'Bearer', ...fields }
    idp.answerWith((_request, response) => json(response, 200, body))
    t.equal((await acquire()).lifetimeMs, lifetimeMs, JSON.stringify(fields))
  }
})

t.test('for no time that can be understood', async (t) => {
  const { idp, failure } = await oauthLab(t)
  for (const expires_in of [0, '0', -1, '-300', -0.5, null, true, 'abc', '', {}, []]) {
    const body = { access_token, token_type: 'Bearer', expires_in }
    idp.answerWith((_request, response) => json(response, 200, body))
    t.match(await failure([access_token]), unusable, JSON.stringify(expires_in))
  }
})

t.test('an ID token beside it, of whatever issuer, is nobody’s business here', async (t) => {
  const { idp, acquire } = await oauthLab(t)
  const id_token = jwt({ iss: 'https://elsewhere.example/realms/camunda', exp: 1 })
  const body = { access_token, token_type: 'Bearer', expires_in: 60, scope: 'openid', id_token }
  idp.answerWith((_request, response) => json(response, 200, body))
  t.strictSame(await acquire(), { headers: ['authorization', `Bearer ${access_token}`], lifetimeMs: 60_000 })
})

t.test('a bearer token, in capitals or not', async (t) => {
  const { idp, acquire } = await oauthLab(t)
  for (const token_type of ['Bearer', 'bearer', 'BEARER']) {
    idp.answerWith((_request, response) => json(response, 200, { access_token, token_type }))
    t.same((await acquire()).headers, ['authorization', `Bearer ${access_token}`])
  }
})

t.test('another kind, or none', async (t) => {
  const { idp, failure } = await oauthLab(t)
  for (const token_type of ['mac', 'DPoP', 'N_A', 'Bearer ', 'Basic', '', null, 1, ['Bearer'], undefined]) {
    idp.answerWith((_request, response) => json(response, 200, { access_token, token_type }))
    t.match(await failure([access_token]), unusable, JSON.stringify(token_type))
  }
})

t.test('no token, or none that is a text', async (t) => {
  const { idp, failure } = await oauthLab(t)
  for (const token of [undefined, null, '', 1, true, {}, [access_token]]) {
    const body = { access_token: token, token_type: 'Bearer', id: access_token }
    idp.answerWith((_request, response) => json(response, 200, body))
    t.match(await failure([access_token]), unusable, JSON.stringify(token))
  }
})

t.test('no token response at all', async (t) => {
  const { idp, failure } = await oauthLab(t)
  for (const type of ['application/json', 'text/html', 'text/plain']) {
    for (const text of [
      '',
      ' ',
      'null',
      '1',
      '"canary"',
      '["canary"]',
      '{"canary":1}',
      '{"canary"',
      '<form>canary</form>',
    ]) {
      idp.answerWith((_request, response) => response.writeHead(200, { 'content-type': type }).end(text))
      t.match(await failure(['canary']), unusable, `${type} ${text}`)
    }
  }
})

import t from 'tap'
import { json } from '../helpers/fake-idp.ts'
import { oauthLab } from '../helpers/oauth-lab.ts'

const FINAL_ERRORS = [
  'invalid_client',
  'unauthorized_client',
  'invalid_request',
  'invalid_grant',
  'unsupported_grant_type',
  'invalid_scope',
  'invalid_target',
  'access_denied',
]
const PASSING_ERRORS = ['temporarily_unavailable', 'server_error', 'slow_down']
const CLIENT_STATUSES = [400, 401, 403, 404, 422]
const PASSING_STATUSES = [408, 429, 500, 502, 503, 504]

t.test('an OAuth error with a status that blames the client', async (t) => {
  const { idp, failure } = await oauthLab(t)
  for (const status of CLIENT_STATUSES) {
    for (const error of FINAL_ERRORS) {
      idp.answerWith((_request, response) => json(response, status, { error, error_description: 'why' }))
      t.strictSame(await failure(), {
        code: error,
        message: `The identity provider 127.0.0.1:${idp.port} answered status ${status} ${error} (why).`,
        refused: true,
      })
    }
  }
})

t.test('an OAuth error that passes by itself', async (t) => {
  const { idp, failure } = await oauthLab(t)
  for (const status of CLIENT_STATUSES) {
    for (const error of PASSING_ERRORS) {
      idp.answerWith((_request, response) => json(response, status, { error }))
      t.strictSame(await failure(), {
        code: `http-${status}`,
        message: `The identity provider 127.0.0.1:${idp.port} answered status ${status} ${error}.`,
        refused: false,
      })
    }
  }
})

t.test('a status that says nothing about the client, whatever the error', async (t) => {
  const { idp, failure } = await oauthLab(t)
  for (const status of PASSING_STATUSES) {
    for (const error of [...FINAL_ERRORS, ...PASSING_ERRORS]) {
      idp.answerWith((_request, response) => json(response, status, { error }))
      t.match(await failure(), { code: `http-${status}`, refused: false })
    }
  }
})

t.test('a page or nothing: only 401 and 403 blame the client', async (t) => {
  const { idp, failure } = await oauthLab(t)
  for (const status of [...CLIENT_STATUSES, ...PASSING_STATUSES, 201, 202, 204, 304, 405, 410, 451]) {
    const refused = status === 401 || status === 403
    for (const [type, text] of [
      ['text/html', '<h1>canary</h1>'],
      ['application/json', '{"message":"canary"}'],
      ['application/json', ''],
    ] as const) {
      idp.answerWith((_request, response) => response.writeHead(status, { 'content-type': type }).end(text))
      t.strictSame(
        await failure(['canary']),
        {
          code: refused ? 'invalid_client' : `http-${status}`,
          message: `The identity provider 127.0.0.1:${idp.port} answered status ${status}.`,
          refused,
        },
        `${status} ${type} ${text}`,
      )
    }
  }
})

t.test('a challenge with 401, understood or not', async (t) => {
  const { idp, failure } = await oauthLab(t)
  for (const challenge of [
    'Basic',
    'Basic realm="canary"',
    'Bearer error="invalid_token"',
    'DPoP error="use_dpop_nonce"',
    ',,=',
  ]) {
    idp.answerWith((_request, response) => response.writeHead(401, { 'www-authenticate': challenge }).end())
    t.strictSame(
      await failure(['canary']),
      {
        code: 'invalid_client',
        message: `The identity provider 127.0.0.1:${idp.port} answered status 401.`,
        refused: true,
      },
      challenge,
    )
  }
})

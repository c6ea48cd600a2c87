import { inspect } from 'node:util'
import t from 'tap'
import { Secret } from '../../src/config/secrets.ts'
import { AcquireError } from '../../src/credentials/credential.ts'
import { json } from '../helpers/fake-idp.ts'
import { oauthLab } from '../helpers/oauth-lab.ts'

const secret = 'canary/9 ü+&'
/** As it stands in the form, in a query, and in part. */
const echoes = [secret, 'canary%2F9+%C3%BC%2B%26', 'canary%2F9%20%C3%BC%2B%26']
const lab: typeof oauthLab = (t, answer) => oauthLab(t, answer, { secret: Secret.ofValue(secret) })

t.test('in a description, however often', async (t) => {
  const { idp, failure } = await lab(t)
  for (const echo of echoes) {
    const error_description = `no ${echo}, ${echo}!`
    idp.answerWith((_request, response) =>
      json(response, 401, { error: 'invalid_client', error_description }),
    )
    t.strictSame(await failure(['canary']), {
      code: 'invalid_client',
      message: `The identity provider 127.0.0.1:${idp.port} answered status 401 invalid_client (no [redacted], [redacted]!).`,
      refused: true,
    })
  }
})

t.test('cut off by the limit on a description', async (t) => {
  const { idp, failure } = await lab(t)
  for (let padding = 180; padding <= 200; padding++) {
    const error_description = `${'x'.repeat(padding)}${secret}`
    idp.answerWith((_request, response) =>
      json(response, 400, { error: 'invalid_client', error_description }),
    )
    const { message } = await failure(['canary'])
    t.notMatch(message, 'can')
  }
})

t.test('as the error itself', async (t) => {
  const plain = 'canary-secret_1.2'
  const { idp, failure } = await oauthLab(t, undefined, { secret: Secret.ofValue(plain) })
  for (const error of [plain, `x-${plain}`, `${plain} ${plain}`, `${plain}\r\n`]) {
    idp.answerWith((_request, response) => json(response, 400, { error }))
    t.match(await failure(['canary']), { refused: true })
  }
})

t.test('anywhere else in its answer', async (t) => {
  const { idp, failure, acquire } = await lab(t)
  for (const status of [200, 201, 302, 400, 401, 403, 404, 429, 500, 503]) {
    for (const type of ['text/html', 'application/json']) {
      for (const echo of echoes) {
        idp.answerWith((_request, response) => {
          response.writeHead(status, encodeURIComponent(echo), {
            'content-type': type,
            'www-authenticate': `Basic realm="${encodeURIComponent(echo)}"`,
            location: `/?client_secret=${encodeURIComponent(echo)}`,
            'retry-after': encodeURIComponent(echo),
          })
          response.end(`{"${echo}":"${echo}","error_uri":"${echo}"}`)
        })
        await failure([secret, 'canary'])
      }
    }
  }
  const error: unknown = await acquire().catch((thrown: unknown) => thrown)
  t.type(error, AcquireError)
  t.notMatch(inspect(error, { depth: 10, showHidden: true, showProxy: true }), 'canary')
  t.strictSame(Object.keys(error as AcquireError).sort(), ['failure', 'name'])
})

t.test('control characters and foreign letters in a description become blanks', async (t) => {
  const { idp, failure } = await lab(t)
  for (const stranger of [
    '\0',
    '\t',
    '\n',
    '\r\n',
    '\x1b[2J\x1b',
    '\x7f',
    '\x85',
    '\u2028',
    '\u202e',
    'ü',
    '😀',
  ]) {
    const error_description = `one${stranger}two`
    idp.answerWith((_request, response) => json(response, 400, { error: 'invalid_scope', error_description }))
    const { message } = await failure()
    t.match(message, /^[\x20-\x7e]+$/)
    t.match(message, /\(one (\[2J )?two\)\.$/, encodeURIComponent(stranger))
  }
})

import { writeFileSync } from 'node:fs'
import t from 'tap'
import { Secret } from '../../src/config/secrets.ts'
import { json } from '../helpers/fake-idp.ts'
import { oauthLab, SECRET } from '../helpers/oauth-lab.ts'

t.test('a form post with the secret in the body, and nothing that was not set', async (t) => {
  const { idp, acquire } = await oauthLab(t)
  t.same(await acquire(), { headers: ['authorization', 'Bearer token-1'], lifetimeMs: 300_000 })
  const request = idp.requests[0]
  t.equal(request?.method, 'POST')
  t.match(request?.headers['content-type'], /^application\/x-www-form-urlencoded(;charset=UTF-8)?$/i)
  t.equal(request?.headers.authorization, undefined)
  t.strictSame(Object.fromEntries(request?.form ?? []), {
    grant_type: 'client_credentials',
    client_id: 'the client',
    client_secret: SECRET,
  })
})

t.test('audience and scope where they are set', async (t) => {
  const { idp, acquire } = await oauthLab(t, undefined, { audience: 'zeebe.camunda.io', scope: 'a b' })
  await acquire()
  t.equal(idp.requests[0]?.form.get('audience'), 'zeebe.camunda.io')
  t.equal(idp.requests[0]?.form.get('scope'), 'a b')
})

t.test('the secret is read anew at each attempt', async (t) => {
  const path = `${t.testdir({ secret: 'one\n' })}/secret`
  const { idp, acquire, failure, source } = await oauthLab(t, undefined, { secret: Secret.ofFile(path) })
  await acquire()
  const before = await source.fingerprint()
  writeFileSync(path, 'two\r\n')
  await acquire()
  t.same(
    idp.requests.map((request) => request.form.get('client_secret')),
    ['one', 'two'],
  )
  t.not(await source.fingerprint(), before)
  writeFileSync(path, '')
  t.match(await failure(), {
    code: 'secret-unreadable',
    refused: false,
    message: `The client secret cannot be read from file ${path} (EMPTY).`,
  })
  t.equal(idp.requests.length, 2)
})

t.test(
  'answers that are good: extra fields, text numbers, lower case, no lifetime, a long token',
  async (t) => {
    const { idp, acquire } = await oauthLab(t)
    const good = { access_token: 'abc', token_type: 'Bearer', expires_in: 300 }
    for (const [body, lifetimeMs] of [
      [{ ...good, refresh_expires_in: 0, 'not-before-policy': 0, x: { y: [] } }, 300_000],
      [{ ...good, token_type: 'bearer' }, 300_000],
      [{ ...good, expires_in: '120' }, 120_000],
      [{ ...good, expires_in: undefined }, 300_000],
      [{ ...good, expires_in: 1e10 }, 86_400_000],
      [{ ...good, access_token: 'x'.repeat(65_536) }, 300_000],
    ] as const) {
      idp.answerWith((_request, response) => json(response, 200, body))
      t.equal((await acquire()).lifetimeMs, lifetimeMs)
    }
    idp.answerWith((_request, response) => response.end(JSON.stringify(good)))
    t.ok(await acquire(), 'without a content type')
  },
)

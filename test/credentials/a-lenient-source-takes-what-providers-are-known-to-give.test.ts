import t from 'tap'
import { lenientAnswer } from '../../src/credentials/lenient.ts'
import { json } from '../helpers/fake-idp.ts'
import { oauthLab } from '../helpers/oauth-lab.ts'

const access_token = 'canary-token-7c1d'
const good = { access_token, token_type: 'Bearer', expires_in: 60 }
const DEFAULT = 300_000

const known: [string, object, number, number?][] = [
  ['status 201', good, 60_000, 201],
  ['no token_type', { ...good, token_type: undefined }, 60_000],
  ['token_type null', { ...good, token_type: null }, 60_000],
  ['token_type of nothing', { ...good, token_type: '' }, 60_000],
  ['token_type N_A', { ...good, token_type: 'N_A' }, 60_000],
  ['token_type access_token', { ...good, token_type: 'access_token' }, 60_000],
  ['token_type BearerToken', { ...good, token_type: 'BearerToken' }, 60_000],
  ['token_type with a blank', { ...good, token_type: 'Bearer ' }, 60_000],
  ['scope null', { ...good, scope: null }, 60_000],
  ['scope as a list', { ...good, scope: [] }, 60_000],
  ['refresh_token null', { ...good, refresh_token: null }, 60_000],
  ['refresh_token of nothing', { ...good, refresh_token: '' }, 60_000],
  ['id_token of nothing', { ...good, id_token: '' }, 60_000],
  ['id_token null', { ...good, id_token: null }, 60_000],
  ['id_token that is none', { ...good, id_token: 'bogus' }, 60_000],
  ['expires_in null', { ...good, expires_in: null }, DEFAULT],
  ['expires_in of nothing', { ...good, expires_in: '' }, DEFAULT],
  ['expires_in below zero', { ...good, expires_in: -1 }, DEFAULT],
  ['expires_in in words', { ...good, expires_in: 'never' }, DEFAULT],
  ['all at once', { ...good, token_type: null, scope: [], id_token: '', expires_in: -1 }, DEFAULT, 201],
]

for (const [what, body, lifetimeMs, status = 200] of known) {
  t.test(what, async (t) => {
    const answer: Parameters<typeof oauthLab>[1] = (_request, response) => json(response, status, body)
    const strict = await oauthLab(t, answer)
    t.match(await strict.failure([access_token]), {
      code: status === 201 ? 'http-201' : 'malformed',
      message: /; the setting oauthLenient would accept it\.$/,
      refused: false,
    })
    const lenient = await oauthLab(t, answer, { lenient: true })
    t.strictSame(await lenient.acquire(), {
      headers: ['authorization', `Bearer ${access_token}`],
      lifetimeMs,
    })
    t.equal(lenient.idp.requests.length, 1)
  })
}

t.test('what is right is as it was, and no word of the setting', async (t) => {
  const { idp, acquire } = await oauthLab(t, undefined, { lenient: true })
  for (const [body, lifetimeMs] of [
    [{ ...good, token_type: 'bearer', expires_in: '90' }, 90_000],
    [{ ...good, refresh_expires_in: 0, 'not-before-policy': 0 }, 60_000],
    [{ ...good, expires_in: undefined }, DEFAULT],
  ] as const) {
    idp.answerWith((_request, response) => json(response, 200, body))
    t.equal((await acquire()).lifetimeMs, lifetimeMs)
  }
})

const hopeless: [string, number, unknown][] = [
  ['a token of another kind', 200, { ...good, token_type: 'mac' }],
  ['a bound token', 200, { ...good, token_type: 'DPoP' }],
  ['a kind that is no text', 200, { ...good, token_type: ['Bearer'] }],
  ['no token', 200, { ...good, access_token: undefined }],
  ['a token that is no text', 200, { ...good, access_token: [access_token] }],
  ['an empty token', 200, { ...good, access_token: '' }],
  ['a token that cannot be sent', 200, { ...good, access_token: `${access_token}\n` }],
  ['an expired token', 200, { ...good, expires_in: 0 }],
  ['another status', 202, good],
  ['an error', 400, good],
  ['no object', 200, [access_token]],
  ['nothing', 200, null],
]

for (const [what, status, body] of hopeless) {
  t.test(`${what} is refused either way, in the same words`, async (t) => {
    const answer: Parameters<typeof oauthLab>[1] = (_request, response) => json(response, status, body)
    const said = []
    for (const lenient of [false, true]) {
      const { failure } = await oauthLab(t, answer, { lenient })
      const { message, ...failed } = await failure([access_token])
      t.notMatch(message, 'oauthLenient')
      said.push({ ...failed, message: message.replace(/:\d+/, '') })
    }
    t.strictSame(said[0], said[1])
  })
}

t.test('only what is used is kept', async (t) => {
  t.strictSame(lenientAnswer({ ...good, token_type: 'N/A', scope: 'x', more: 1 }), good)
  t.strictSame(lenientAnswer({ access_token, expires_in: '0' }), {
    access_token,
    token_type: 'Bearer',
    expires_in: '0',
  })
  for (const expires_in of [Number.NaN, Number.POSITIVE_INFINITY, true, {}, [], [5], ' ']) {
    t.strictSame(lenientAnswer({ access_token, expires_in }), { access_token, token_type: 'Bearer' })
  }
  for (const body of [undefined, 'text', 5, {}]) t.equal(lenientAnswer(body), undefined)
})

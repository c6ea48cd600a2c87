import { inspect } from 'node:util'
import t from 'tap'
import { json } from '../helpers/fake-idp.ts'
import { oauthLab } from '../helpers/oauth-lab.ts'

const unusable = {
  code: 'malformed',
  message: /gave an answer that cannot be used: its access_token cannot stand in a header\.$/,
  refused: false,
}

t.test('each character that RFC 6750 names is taken, and no other', async (t) => {
  const { idp, acquire, failure } = await oauthLab(t)
  const others = ['Ā', '‘', '\u2028', '😀', '\ud800']
  const all = [...Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)), ...others]
  for (const character of all) {
    const access_token = `canary${character}token`
    idp.answerWith((_request, response) => json(response, 200, { access_token, token_type: 'Bearer' }))
    if (/[A-Za-z0-9\-._~+/]/.test(character)) {
      t.same((await acquire()).headers, ['authorization', `Bearer ${access_token}`])
    } else {
      t.match(await failure(['canary']), unusable, `U+${character.codePointAt(0)?.toString(16)}`)
    }
  }
})

t.test('equals signs at the end, and nothing else around it', async (t) => {
  const { idp, acquire, failure } = await oauthLab(t)
  const answerWith = (access_token: string) =>
    idp.answerWith((_request, response) => json(response, 200, { access_token, token_type: 'Bearer' }))
  for (const token of ['a', 'a=', 'YWJj==', 'a.b-c_d~e+f/g']) {
    answerWith(token)
    t.same((await acquire()).headers, ['authorization', `Bearer ${token}`])
  }
  for (const token of [
    '=',
    '=a',
    'canary\n',
    '\ncanary',
    ' canary',
    'canary ',
    'canary\r\nx-more: 1',
    'Bearer canary',
  ]) {
    answerWith(token)
    t.match(await failure(['canary']), unusable, inspect(token))
  }
})

t.test('64 KiB are taken, and no more', async (t) => {
  const { idp, acquire, failure } = await oauthLab(t)
  const token = 'x'.repeat(64 * 1024)
  idp.answerWith((_request, response) => json(response, 200, { access_token: token, token_type: 'Bearer' }))
  t.ok((await acquire()).headers[1] === `Bearer ${token}`)
  idp.answerWith((_request, response) =>
    json(response, 200, { access_token: `${token}x`, token_type: 'Bearer' }),
  )
  t.match(await failure([token]), unusable)
})

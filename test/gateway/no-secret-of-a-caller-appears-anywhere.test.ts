import { inspect } from 'node:util'
import t from 'tap'
import { clientCallers } from '../helpers/client-callers.ts'
import { json } from '../helpers/fake-idp.ts'

const SECRET = 'canary secret&+=ü 7f3a9d51'
const spellings = [
  SECRET,
  encodeURIComponent(SECRET),
  new URLSearchParams({ s: SECRET }).toString().slice(2),
  Buffer.from(`one:${SECRET}`).toString('base64'),
  Buffer.from(SECRET).toString('base64'),
]

t.test('neither in a log line nor in an answer nor in what the app shows of itself', async (t) => {
  const { proxy, call } = await clientCallers(t, {
    // It echoes what it is sent.
    provider: ({ form }, response, number) => {
      if (form.get('client_id') === 'good')
        json(response, 200, { access_token: `t${number}`, token_type: 'Bearer' })
      else if (form.get('client_id') === 'odd') json(response, 500, { message: form.toString() })
      else
        json(response, 401, {
          error: 'invalid_client',
          error_description: `no: ${form.get('client_secret')}`,
        })
    },
  })
  const shown: string[] = []
  for (const id of ['good', 'bad', 'odd', 'bad', 'odd', 'good']) {
    const answer = await call(id, SECRET)
    shown.push(inspect([...answer.headers]), await answer.text())
  }
  shown.push(proxy.log(), inspect(proxy.app, { depth: 12, maxArrayLength: null, maxStringLength: null }))
  t.match(proxy.log(), 'invalid_client')
  for (const spelling of spellings) t.notMatch(shown.join('\n'), spelling)
})

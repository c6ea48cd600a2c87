import t from 'tap'
import { identityProvider, requestToken } from './demo.ts'

t.test('the grant is checked before the client', async (t) => {
  const response = await requestToken(await identityProvider(t), {
    grant_type: 'password',
    client_secret: 'guess',
  })
  t.equal(response.status, 400)
  t.same(await response.json(), { error: 'unsupported_grant_type' })
})

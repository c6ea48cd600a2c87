import t from 'tap'
import { identityProvider, requestToken } from './demo.ts'

t.test('a right client gets no token for another audience', async (t) => {
  const response = await requestToken(await identityProvider(t), { audience: 'another-api' })
  t.equal(response.status, 403)
  t.same(await response.json(), { error: 'access_denied' })
})

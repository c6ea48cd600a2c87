import t from 'tap'
import { identityProvider, requestToken } from './demo.ts'

for (const change of [{ client_secret: 'guess' }, { client_secret: '' }, { client_id: 'someone-else' }]) {
  t.test(JSON.stringify(change), async (t) => {
    const response = await requestToken(await identityProvider(t), change)
    t.equal(response.status, 401)
    t.same(await response.json(), { error: 'invalid_client' })
  })
}

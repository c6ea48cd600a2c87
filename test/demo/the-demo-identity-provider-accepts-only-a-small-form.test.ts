import t from 'tap'
import { client, identityProvider, requestToken } from './demo.ts'

t.test('JSON is refused', async (t) => {
  const { tokenUrl } = await identityProvider(t)
  const response = await fetch(tokenUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ grant_type: 'client_credentials', client_id: client.clientId }),
  })
  t.equal(response.status, 400)
  t.same(await response.json(), { error: 'invalid_request' })
})

t.test('a parameter that comes twice is refused', async (t) => {
  const { tokenUrl } = await identityProvider(t)
  const body = new URLSearchParams('grant_type=client_credentials&audience=a&audience=b')
  const response = await fetch(tokenUrl, { method: 'POST', body })
  t.equal(response.status, 400)
  t.same(await response.json(), { error: 'invalid_request' })
})

t.test('a form of more than 64 KiB is refused', async (t) => {
  const response = await requestToken(await identityProvider(t), { filler: 'x'.repeat(64 * 1024) })
  t.equal(response.status, 413)
})

t.test('GET is refused', async (t) => {
  const { tokenUrl } = await identityProvider(t)
  t.equal((await fetch(tokenUrl)).status, 404)
})

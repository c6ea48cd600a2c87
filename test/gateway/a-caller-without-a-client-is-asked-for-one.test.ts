import t from 'tap'
import { clientCallers } from '../helpers/client-callers.ts'
import { basic } from '../helpers/clusters.ts'
import { setUp } from '../helpers/proxy.ts'
import { rawRequest, requestHead } from '../helpers/raw-http.ts'

const CHALLENGE = 'Basic realm="camunda-auth-proxy", charset="UTF-8"'
const encoded = (text: string | Buffer) => `Basic ${Buffer.from(text).toString('base64')}`

t.test('no client, half a client, and what is none', async (t) => {
  const { proxy, provider, target } = await clientCallers(t)
  for (const authorization of [
    undefined,
    '',
    'Basic',
    'Basic ',
    'Basic ???',
    'Bearer abc',
    'Bearer YTpi',
    'Basic YTpi YTpi',
    encoded('no-colon'),
    encoded(':no-id'),
    encoded('no-secret:'),
    encoded(':'),
    encoded('id:line\nbreak'),
    encoded('id\0:secret'),
    encoded(Buffer.from('id:caf\xe9', 'latin1')),
    encoded(Buffer.from([0xff, 0x3a, 0xff])),
  ]) {
    const headers = authorization === undefined ? {} : { authorization }
    const answer = await fetch(`${proxy.url}/v2/x`, { headers })
    t.equal(answer.status, 401, `${authorization}`)
    t.equal(answer.headers.get('www-authenticate'), CHALLENGE)
    t.match(await answer.json(), { type: 'urn:camunda-auth-proxy:problem:caller-not-authenticated' })
  }
  const huge = `Authorization: ${encoded('x'.repeat(75_000))}`
  t.equal((await rawRequest(proxy.port, requestHead('GET', '/v2/x', [huge]))).status, 431)
  t.equal(provider.requests.length, 0)
  t.equal(target.begun(), 0)
})

t.test('whatever is UTF-8, however it is written', async (t) => {
  const { proxy, provider } = await clientCallers(t)
  for (const [id, secret, authorization] of [
    ['zwölf', 'a:b:ü', encoded('zwölf:a:b:ü')],
    ['a', 'b', 'bAsIc   YTpi'],
    ['c', 'd', encoded('c:d').replace('Basic', 'basic').replace(/=+$/, '')],
  ] as const) {
    await fetch(`${proxy.url}/v2/x`, { headers: { authorization } })
    const form = provider.requests.at(-1)?.form
    t.strictSame([form?.get('client_id'), form?.get('client_secret')], [id, secret])
  }
})

t.test('a refused client is asked for another, and a missing caller token for that', async (t) => {
  const { call } = await clientCallers(t)
  const refused = await call('one', 'wrong')
  t.equal(refused.status, 401)
  t.equal(refused.headers.get('www-authenticate'), CHALLENGE)
  t.match(await refused.json(), { type: 'urn:camunda-auth-proxy:problem:caller-refused' })

  const { proxy } = await setUp(t, { env: { CAMUNDA_PROXY_CALLER_TOKEN: 'the token' } })
  const answer = await fetch(`${proxy.url}/v2/x`, { headers: basic('one', 'right') })
  t.equal(answer.status, 401)
  t.equal(answer.headers.get('www-authenticate'), 'CallerToken realm="camunda-auth-proxy"')
})

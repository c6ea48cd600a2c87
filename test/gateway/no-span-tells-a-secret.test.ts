import { inspect } from 'node:util'
import t from 'tap'
import { clean } from '../helpers/canaries.ts'
import { CLIENT_SECRET, setUp } from '../helpers/proxy.ts'
import { rawRequest, requestHead } from '../helpers/raw-http.ts'
import { registerSdk, TRACING } from '../helpers/spans.ts'

const TOKEN = 'canary-token-5c0d'
const CALLER_TOKEN = 'canary-caller-9e1f'
const SENT = 'canary-sent-21b7'

const spans = registerSdk()

t.test('neither of ours nor of a caller', async (t) => {
  let answered = 0
  const { proxy } = await setUp(t, {
    env: { ...TRACING, CAMUNDA_PROXY_CALLER_TOKEN: CALLER_TOKEN },
    idp({ form }, response, number) {
      const failure = `{"error":"invalid_client","error_description":"no ${form.get('client_secret')}"}`
      const token = `{"access_token":"${TOKEN}","token_type":"Bearer","expires_in":300}`
      response.writeHead(number === 2 ? 401 : 200, { 'content-type': 'application/json' })
      response.end(number === 2 ? failure : token)
    },
    answer(_request, response) {
      response.writeHead([200, 401, 500][answered++] ?? 200, { 'set-cookie': SENT, 'x-echo': SENT })
      response.end(SENT)
    },
  })
  const headers = [
    `X-Camunda-Proxy-Token: ${CALLER_TOKEN}`,
    `Authorization: Bearer ${SENT}`,
    `Cookie: session=${SENT}`,
    `X-Other: ${SENT}`,
    `Baggage: user=${SENT}`,
    'Connection: close',
  ]
  const call = (target: string, host = 'localhost') =>
    rawRequest(proxy.port, requestHead('GET', target, headers, host))
  for (let i = 0; i < 3; i++) await call(`/v2/topology?token=${SENT}`)
  await call(`http://user:${SENT}@localhost/v2/topology`)
  await call('/v2/topology', `user:${SENT}@localhost`)
  await call('/other', `localhost:${SENT}`)
  await spans.request(6)
  t.equal(spans.requests().length, 6)
  t.ok(spans.ended().some(({ status }) => status.message !== undefined))
  const said = inspect(
    spans
      .ended()
      .map(({ name, attributes, status, events, links }) => [name, attributes, status, events, links]),
    { depth: 9, maxStringLength: null, maxArrayLength: null },
  )
  clean(t, said, [CLIENT_SECRET, TOKEN, CALLER_TOKEN, SENT])
})

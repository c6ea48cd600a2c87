import t from 'tap'
import { rawRequest, requestHead } from '../helpers/raw-http.ts'
import { setUpWorkers } from '../helpers/workers.ts'

const PAGE = 'http://localhost:3000'

t.test('each worker answers preflights of an allowed origin, and refuses the others', async (t) => {
  const { url, cluster } = await setUpWorkers(t, 2, { env: { CAMUNDA_PROXY_ALLOWED_ORIGINS: PAGE } })
  const ask = (method: string, origin: string) => {
    const headers = [`Origin: ${origin}`, 'Access-Control-Request-Method: POST', 'Connection: close']
    return rawRequest(Number(new URL(url).port), requestHead(method, '/v2/x', headers))
  }
  // Each on a connection of its own: the workers get them in turn.
  for (let turn = 0; turn < 4; turn++) {
    t.equal((await ask('OPTIONS', PAGE)).status, 204)
    t.equal((await ask('OPTIONS', 'http://localhost:3001')).status, 403)
    t.equal((await ask('GET', 'null')).status, 403)
  }
  t.equal(cluster.begun(), 0)
  const answer = await ask('GET', PAGE)
  t.equal(answer.status, 200)
  t.equal(answer.header('access-control-allow-origin'), PAGE)
})

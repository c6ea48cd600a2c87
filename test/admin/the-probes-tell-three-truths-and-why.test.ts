import t from 'tap'
import { json, tokens } from '../helpers/fake-idp.ts'
import { setUp } from '../helpers/proxy.ts'

async function probe(url: string, name: string) {
  const answer = await fetch(`${url}/${name}`)
  return {
    status: answer.status,
    ...((await answer.json()) as { ok: boolean; why: string; credential?: string }),
  }
}

t.test('with a credential', async (t) => {
  const { proxy } = await setUp(t)
  t.match(await probe(proxy.adminUrl, 'startupz'), {
    status: 200,
    ok: true,
    why: 'the first credential has been obtained',
  })
  t.match(await probe(proxy.adminUrl, 'livez'), { status: 200, ok: true })
  t.match(await probe(proxy.adminUrl, 'readyz'), {
    status: 200,
    ok: true,
    credential: 'fresh',
    usableForS: Number,
  })
})

t.test('before anything has been asked', async (t) => {
  const { proxy } = await setUp(t, { warm: false })
  t.match(await probe(proxy.adminUrl, 'startupz'), {
    status: 503,
    ok: false,
    why: 'the first credential is on its way',
  })
  t.match(await probe(proxy.adminUrl, 'livez'), { status: 200, ok: true })
  t.match(await probe(proxy.adminUrl, 'readyz'), { status: 503, ok: false, credential: 'cold' })
})

t.test('a provider that is down, and one that refuses the client', async (t) => {
  const down = await setUp(t, { idp: (_request, response) => response.destroy() })
  t.match(await probe(down.proxy.adminUrl, 'readyz'), {
    status: 503,
    credential: 'expired',
    why: /could not be reached/,
  })
  t.match(await probe(down.proxy.adminUrl, 'startupz'), { status: 503, why: /could not be reached/ })
  const refusing = await setUp(t, {
    idp: (_request, response) => json(response, 401, { error: 'invalid_client' }),
  })
  t.match(await probe(refusing.proxy.adminUrl, 'readyz'), {
    status: 503,
    credential: 'misconfigured',
    why: /invalid_client/,
  })
})

t.test('a cluster that refuses every credential does not take the proxy out of service', async (t) => {
  const { proxy } = await setUp(t, { answer: (_request, response) => response.writeHead(401).end() })
  await fetch(`${proxy.url}/v2/x`)
  t.match(await probe(proxy.adminUrl, 'readyz'), { status: 200, credential: 'rejected' })
})

t.test('a renewal that fails while the old one is good: ready, and it says so', async (t) => {
  const { proxy, idp } = await setUp(t, { idp: tokens(2) })
  idp.answerWith((_request, response) => json(response, 503, {}))
  for (;;) {
    const ready = await probe(proxy.adminUrl, 'readyz')
    if (ready.credential === 'expired') break
    if (ready.credential === 'degraded') {
      t.match(ready, { status: 200, ok: true, why: /answered status 503/ })
      return
    }
  }
  t.fail('it was never degraded')
})

t.test('the same guard as for callers, and nothing else to see', async (t) => {
  const { proxy } = await setUp(t, { env: { CAMUNDA_PROXY_CALLER_TOKEN: 'a-long-random-caller-token' } })
  t.equal((await fetch(`${proxy.adminUrl}/readyz`)).status, 200, 'a probe has no caller token')
  t.equal(
    (await fetch(`${proxy.adminUrl}/readyz`, { headers: { origin: 'https://evil.example' } })).status,
    403,
  )
  const { rawRequest, requestHead } = await import('../helpers/raw-http.ts')
  const port = Number(new URL(proxy.adminUrl).port)
  t.equal((await rawRequest(port, requestHead('GET', '/readyz', [], 'evil.example'))).status, 421)
  for (const [method, path] of [
    ['POST', '/readyz'],
    ['GET', '/'],
    ['GET', '/v2/topology'],
    ['GET', '/%zz'],
  ]) {
    const answer = await rawRequest(port, requestHead(method ?? '', path ?? ''))
    t.ok([400, 404].includes(answer.status), `${method} ${path}`)
  }
})

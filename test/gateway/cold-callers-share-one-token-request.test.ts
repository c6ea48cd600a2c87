import t from 'tap'
import { json } from '../helpers/fake-idp.ts'
import { setUp } from '../helpers/proxy.ts'
import { until } from '../helpers/until.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

t.test('fifty callers at a cold start', async (t) => {
  let release = () => {}
  const { proxy, idp } = await setUp(t, {
    warm: false,
    idp(_request, response) {
      release = () => json(response, 200, { access_token: 'late', expires_in: 300, token_type: 'Bearer' })
    },
  })
  const calls = Array.from({ length: 50 }, () => fetch(`${proxy.url}/v2/topology`))
  await until(() => idp.requests.length === 1, 'a token is asked for')
  release()
  const statuses = (await Promise.all(calls)).map((answer) => answer.status)
  t.strictSame(statuses, Array(50).fill(200))
  t.equal(idp.requests.length, 1)
})

t.test('more than a thousand: the rest is told so at once', async (t) => {
  // Time stands still, lest the first have waited long enough before the last have come.
  const { proxy, idp } = await setUp(t, { warm: false, idp: () => {}, clock: new VirtualClock() })
  const signal = new AbortController()
  let refused = 0
  const calls = Array.from({ length: 1_100 }, async () => {
    try {
      const answer = await fetch(`${proxy.url}/v2/topology`, { signal: signal.signal })
      if (answer.status === 503) refused++
    } catch {}
  })
  await until(() => refused === 100, 'those beyond the bound have their answer')
  t.equal(refused, 100)
  t.equal(idp.requests.length, 1)
  signal.abort()
  await Promise.all(calls)
})

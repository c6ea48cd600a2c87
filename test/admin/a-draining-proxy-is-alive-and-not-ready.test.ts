import t from 'tap'
import { streamingCluster } from '../helpers/fake-cluster.ts'
import { fakeIdp } from '../helpers/fake-idp.ts'
import { runProxy } from '../helpers/proxy.ts'
import { until } from '../helpers/until.ts'

t.test('until what is in flight has finished, and then it is gone', async (t) => {
  const idp = await fakeIdp()
  t.teardown(() => idp.close())
  let answer = () => {}
  const cluster = await streamingCluster((request, response) => {
    request.resume()
    answer = () => response.end('in the end')
  })
  t.teardown(() => cluster.close())
  const proxy = await runProxy(t, { clusterUrl: cluster.url, tokenUrl: idp.tokenUrl, drainMs: 20_000 })
  const probe = async (name: string): Promise<[number, { why: string; credential?: string }]> => {
    const { status, json } = await get(`${proxy.adminUrl}/${name}`)
    return [status, json]
  }
  t.match(await probe('readyz'), [200, { credential: 'fresh' }])
  const call = fetch(`${proxy.url}/v2/jobs/activation`, { method: 'POST' })
  call.catch(() => {})
  await until(() => cluster.begun() === 1, 'the call is in flight')
  let isClosed = false
  const closing = proxy.app.close().then(() => {
    isClosed = true
  })
  t.match(await probe('readyz'), [503, { why: 'shutting down', credential: 'draining' }])
  t.match(await probe('livez'), [200, { why: 'the process answers' }])
  t.match(await probe('startupz'), [200, { why: 'the first credential has been obtained' }])
  t.equal(isClosed, false)
  answer()
  t.equal(await (await call).text(), 'in the end')
  await closing
  await t.rejects(get(`${proxy.adminUrl}/livez`))
})

/** Over a connection of its own, as probes come. */
async function get(url: string) {
  const answer = await fetch(url, { headers: { connection: 'close' } })
  return { status: answer.status, json: (await answer.json()) as { why: string; credential?: string } }
}

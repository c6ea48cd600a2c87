import t from 'tap'
import { fakeCluster } from '../helpers/fake-cluster.ts'
import { fakeIdp } from '../helpers/fake-idp.ts'
import { runProxy } from '../helpers/proxy.ts'

t.test(
  'a cluster address that leads back here; another proxy of this kind in between is no loop',
  async (t) => {
    const idp = await fakeIdp()
    t.teardown(() => idp.close())
    const cluster = await fakeCluster((request, response) => {
      // Stands for a load balancer that sends the request where it came from.
      void fetch(`${looping.url}${request.url}`, { headers: { via: String(request.headers.via) } }).then(
        async (answer) => {
          response.writeHead(answer.status, { 'content-type': 'application/problem+json' })
          response.end(await answer.text())
        },
      )
    })
    t.teardown(() => cluster.close())
    const looping = await runProxy(t, { clusterUrl: cluster.url, tokenUrl: idp.tokenUrl })
    const answer = await fetch(`${looping.url}/v2/topology`)
    t.equal(answer.status, 508)
    t.match(await answer.text(), 'urn:camunda-auth-proxy:problem:loop-detected')
    t.equal(cluster.begun(), 1)

    const real = await fakeCluster()
    t.teardown(() => real.close())
    const inner = await runProxy(t, { clusterUrl: real.url, tokenUrl: idp.tokenUrl })
    const outer = await runProxy(t, { clusterUrl: inner.url, tokenUrl: idp.tokenUrl })
    t.equal((await fetch(`${outer.url}/v2/topology`, { headers: { via: '1.0 fred' } })).status, 200)
    t.match(
      real.seen[0]?.headers.via,
      /^1\.0 fred, 1\.1 camunda-auth-proxy-\w+, 1\.1 camunda-auth-proxy-\w+$/,
    )
  },
)

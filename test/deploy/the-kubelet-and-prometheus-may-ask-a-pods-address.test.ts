import t from 'tap'
import { setUp } from '../helpers/proxy.ts'
import { rawRequest, requestHead } from '../helpers/raw-http.ts'

/** What the kubelet sends, and Prometheus. */
const PROBE = ['User-Agent: kube-probe/1.31', 'Accept: */*', 'Connection: close']
const SCRAPE = [
  'User-Agent: Prometheus/3.5.0',
  'Accept: text/plain;version=0.0.4;q=0.1,*/*;q=0.1',
  'Connection: close',
]

t.test('with the admin listener beyond loopback, and with nothing else', async (t) => {
  const { proxy } = await setUp(t, { env: { CAMUNDA_PROXY_ADMIN_HOST: '0.0.0.0' } })
  const port = Number(new URL(proxy.adminUrl).port)
  const status = async (path: string, headers: string[], host: string) =>
    (await rawRequest(port, requestHead('GET', path, headers, host))).status
  for (const host of ['10.42.0.17:9601', '[fd00:10:42::17]:9601', '10.42.0.17', 'localhost:9601']) {
    for (const path of ['/startupz', '/livez', '/readyz'])
      t.equal(await status(path, PROBE, host), 200, `${path} of ${host}`)
    t.equal(await status('/metrics', SCRAPE, host), 200, `/metrics of ${host}`)
  }
  // A name can be rebound to the pod's address by a page; Services are named by the setting allowedHosts.
  t.equal(await status('/readyz', PROBE, 'camunda-auth-proxy.camunda.svc:9601'), 421)
  t.equal(await status('/livez', [...PROBE, 'Origin: https://evil.example'], '10.42.0.17:9601'), 403)
})

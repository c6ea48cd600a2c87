// Node hands over the first 2,000 headers and forgets the rest, be it the length of the body or the origin of a page.
import t from 'tap'
import { setUp } from '../helpers/proxy.ts'
import { rawRequest, requestHead } from '../helpers/raw-http.ts'

const MANY = 2_500

t.test('thousands of headers, and behind them those that matter', async (t) => {
  const { proxy, cluster } = await setUp(t)
  const many = Array.from({ length: MANY }, () => 'a:')

  const upload = await rawRequest(
    proxy.port,
    `${requestHead('POST', '/v2/x', [...many, 'Content-Length: 4'])}body`,
  )
  t.equal(upload.status, 200)
  t.equal(String(cluster.seen[0]?.body), 'body', 'the body went with its request')

  const page = await rawRequest(
    proxy.port,
    requestHead('GET', '/v2/x', [...many, 'Origin: https://page.example']),
  )
  t.equal(page.status, 403, 'a page is known by its last header, too')
  const hosts = await rawRequest(proxy.port, requestHead('GET', '/v2/x', [...many, 'Host: other.example']))
  t.equal(hosts.status, 421, 'and so is a second Host')
  t.equal(cluster.begun(), 1)
})

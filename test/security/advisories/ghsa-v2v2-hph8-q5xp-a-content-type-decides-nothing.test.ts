/**
 * GHSA-v2v2-hph8-q5xp (@fastify/reply-from): a body whose content type only looked like JSON was parsed by one party and
 * not by the other, so that what had been checked was not what was sent. Later ones of Fastify are of the same kind:
 * CVE-2026-25223 (a tab in the type), CVE-2026-3419 (words behind it), CVE-2026-33806 (a space before it).
 *
 * Here nobody reads a body, whatever it is called: type and bytes arrive as they were sent.
 */
import t from 'tap'
import { setUp } from '../../helpers/proxy.ts'
import { rawRequest, requestHead } from '../../helpers/raw-http.ts'

const TYPES = [
  'application/json',
  'APPLICATION/JSON',
  'application/json\ta',
  'application/json garbage',
  'application/json;',
  'application/json, text/plain',
  'application/json; charset=utf-7',
  'application/json; charset="utf-8',
  'application/x-www-form-urlencoded; a=application/json',
  'multipart/form-data',
]
/** Two readers of JSON disagree on it: on the name that stands twice, on the number, on its end. */
const BODY = '{"a":1,"a":2,"__proto__":{"b":1},"key":2251799813685249123}trailing'

t.test('the cluster reads what the caller wrote', async (t) => {
  const { proxy, cluster } = await setUp(t, { env: { CAMUNDA_PROXY_ALLOW: 'POST /v2/x' } })
  for (const type of TYPES)
    for (const blank of ['', ' ', '\t  ']) {
      const fields = [`Content-Type:${blank}${type}`, `Content-Length: ${BODY.length}`]
      const answer = await rawRequest(proxy.port, requestHead('POST', '/v2/x', fields) + BODY)
      t.equal(answer.status, 200, JSON.stringify(fields))
      const seen = cluster.seen.at(-1)
      t.equal(seen?.headers['content-type'], type)
      t.equal(String(seen?.body), BODY)
    }
})

t.test('two types are two types', async (t) => {
  const { proxy, cluster } = await setUp(t)
  const fields = [
    'Content-Type: text/plain',
    'Content-Type: application/json',
    `Content-Length: ${BODY.length}`,
  ]
  t.equal((await rawRequest(proxy.port, requestHead('POST', '/v2/x', fields) + BODY)).status, 200)
  const { rawHeaders = [], body } = cluster.seen[0] ?? {}
  t.strictSame(
    rawHeaders.filter((_, i) => /^content-type$/i.test(rawHeaders[i - 1] ?? '')),
    ['text/plain', 'application/json'],
  )
  t.equal(String(body), BODY)
})

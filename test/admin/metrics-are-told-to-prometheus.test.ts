import t from 'tap'
import { setUp } from '../helpers/proxy.ts'

const PREFIX = 'camunda_auth_proxy_'

t.test('how requests went, and how long the credential lasts', async (t) => {
  const { proxy } = await setUp(t)
  for (const path of ['/v2/topology', '/v2/topology', '/v1/x']) await (await fetch(proxy.url + path)).text()
  const answer = await fetch(`${proxy.adminUrl}/metrics`)
  t.equal(answer.status, 200)
  t.match(answer.headers.get('content-type'), /^text\/plain; version=0\.0\.4/)
  const text = await answer.text()
  const lines = text.split('\n').filter((line) => line.startsWith(PREFIX))
  const value = (name: string) => lines.find((line) => line.startsWith(`${PREFIX + name} `))?.split(' ')[1]
  t.equal(value('requests_total{method="GET",code="200",source="upstream"}'), '2')
  t.equal(value('requests_total{method="GET",code="404",source="proxy"}'), '1')
  t.equal(value('problems_total{problem="path-not-allowed"}'), '1')
  t.equal(value('abandoned_total'), '0')
  t.equal(value('request_duration_seconds_count'), '2')
  t.equal(value('request_duration_seconds_bucket{le="+Inf"}'), '2')
  t.equal(value('proxy_overhead_seconds_count'), '2')
  t.equal(value('upstream_inflight'), '0')
  t.equal(value('rejected_total{reason="path"}'), '1')
  t.equal(value('rejected_total{reason="host"}'), '0')
  t.equal(value('token_state{cluster="default",api="v2",state="fresh"}'), '1')
  t.equal(value('token_state{cluster="default",api="v2",state="expired"}'), '0')
  t.ok(Number(value('token_expiry_seconds{cluster="default",api="v2"}')) > 10)
  t.match(
    text,
    new RegExp(`^camunda_auth_proxy_build_info{version="[^"]+",node="${process.versions.node}"} 1$`, 'm'),
  )
  t.match(text, /^process_resident_memory_bytes \d+$/m)
  t.match(text, /^# TYPE camunda_auth_proxy_request_duration_seconds histogram$/m)
  t.match(text, /^# TYPE camunda_auth_proxy_requests_total counter$/m)
})

t.test('not to a web page', async (t) => {
  const { proxy } = await setUp(t)
  const answer = await fetch(`${proxy.adminUrl}/metrics`, { headers: { origin: 'http://evil.example' } })
  t.equal(answer.status, 403)
})

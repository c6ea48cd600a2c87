import t from 'tap'
import { json } from '../helpers/fake-idp.ts'
import { CLIENT_SECRET } from '../helpers/proxy.ts'
import { callOnce, setUpWorkers } from '../helpers/workers.ts'

const CALLERS = 50

t.test('a cold start costs one token, and one that the cluster revokes costs one more', async (t) => {
  let revoked = 0
  const issued: (() => void)[] = []
  const { url, admin, program, idp } = await setUpWorkers(t, 4, {
    idp(_request, response, number) {
      const give = () =>
        json(response, 200, { access_token: `token-${number}`, expires_in: 300, token_type: 'Bearer' })
      if (number === 1) issued.push(give)
      else give()
    },
    answer({ headers }, response) {
      const number = Number(headers.authorization?.split('-')[1])
      response.writeHead(number > revoked ? 200 : 401).end(headers.authorization)
    },
    env: { CAMUNDA_PROXY_ACCESS_LOG: 'all' },
  })
  t.equal((await callOnce(`${admin}/readyz`)).status, 503, 'they listen, and there is no credential')
  const callAll = () => Promise.all(Array.from({ length: CALLERS }, () => callOnce(`${url}/v2/topology`)))
  const cold = callAll()
  await new Promise((resolve) => setTimeout(resolve, 100))
  for (const give of issued) give()
  for (const { status, text } of await cold) t.strictSame([status, text], [200, 'Bearer token-1'])
  t.equal(idp.requests.length, 1)
  t.equal((await callOnce(`${admin}/readyz`)).status, 200)

  revoked = 1
  for (const { status, text } of await callAll()) t.strictSame([status, text], [200, 'Bearer token-2'])
  t.equal(idp.requests.length, 2)
  const metrics = (await callOnce(`${admin}/metrics`)).text
  t.match(
    metrics,
    `requests_total{method="GET",code="200",source="upstream"} ${2 * CALLERS}`,
    'of all workers',
  )

  const lines = program
    .stdout()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
  const served = lines.filter(({ path, url: target }) => String(path ?? target).startsWith('/v2/topology'))
  t.strictSame(new Set(served.map(({ worker }) => worker)), new Set([1, 2, 3, 4]), 'each had its share')
  const ofToken = lines.filter(({ msg }) => /^token |refused a token/.test(msg))
  t.equal(ofToken.length, 3)
  t.ok(
    ofToken.every(({ worker }) => worker === undefined),
    'what happens to the token is told once, by the process that has it',
  )
  for (const secret of [CLIENT_SECRET, 'token-1', 'token-2'])
    t.notMatch(program.stdout() + program.stderr(), secret)
})

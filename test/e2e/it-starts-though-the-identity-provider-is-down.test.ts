import t from 'tap'
import { fakeCluster } from '../helpers/fake-cluster.ts'
import { fakeIdp, tokens } from '../helpers/fake-idp.ts'
import { programEnv, runProgram } from '../helpers/program.ts'

t.test('listens, is not ready, says why, and heals by itself', async (t) => {
  const idp = await fakeIdp((_request, response) => response.destroy())
  t.teardown(() => idp.close())
  const cluster = await fakeCluster()
  t.teardown(() => cluster.close())
  const program = runProgram(t, ['start'], programEnv(cluster.url, idp.tokenUrl))
  const { listening, admin } = await program.line('listening on')
  const failure = await program.line('no new token')
  t.match(failure, { level: 'error', cause: 'network', nextTryInS: Number })

  const call = await fetch(`${listening}/v2/topology`)
  t.equal(call.status, 503)
  t.match(await call.text(), /credential-unavailable.*could not be reached \(UND_ERR_SOCKET\)/)
  for (const [probe, status] of [
    ['startupz', 503],
    ['livez', 200],
    ['readyz', 503],
  ] as const) {
    const answer = await fetch(`${admin}/${probe}`)
    t.equal(answer.status, status, probe)
    t.type(((await answer.json()) as { why: string }).why, 'string')
  }

  idp.answerWith(tokens())
  await program.line('token acquired')
  t.equal((await fetch(`${admin}/startupz`)).status, 200)
  t.equal((await fetch(`${admin}/readyz`)).status, 200)
  t.equal((await fetch(`${listening}/v2/topology`)).status, 200)
})

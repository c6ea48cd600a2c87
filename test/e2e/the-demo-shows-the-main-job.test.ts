import { randomBytes } from 'node:crypto'
import t from 'tap'
import { rawServer } from '../helpers/fake-cluster.ts'
import { runProgram } from '../helpers/program.ts'

t.test(
  'every call that it proposes works without a credential, and without the proxy none does',
  async (t) => {
    const program = runProgram(t, ['demo', '--port', '0', '--admin-port', '0'])
    const { listening, cluster } = await program.line('listening on')
    await program.line('token acquired')
    const base = `${listening}/v2`
    const post = (body: unknown) => ({
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    t.equal((await fetch(`${base}/topology`)).status, 200)
    t.equal((await fetch(`${base}/process-definitions/search`, post({}))).status, 200)
    t.equal((await fetch(`${base}/user-task/search`, post({}))).status, 200)
    t.equal(
      (
        await fetch(
          `${base}/jobs/activation`,
          post({ type: 'x', timeout: 1, maxJobsToActivate: 1, requestTimeout: 50 }),
        )
      ).status,
      200,
    )
    const bytes = randomBytes(100_000)
    const form = new FormData()
    form.set('file', new File([bytes], 'file.bin'))
    const created = await fetch(`${base}/documents`, { method: 'POST', body: form })
    t.equal(created.status, 201)
    const { documentId } = (await created.json()) as { documentId: string }
    const back = await fetch(`${base}/documents/${documentId}`)
    t.ok(Buffer.from(await back.arrayBuffer()).equals(bytes))
    t.equal((await fetch(`${cluster}/v2/topology`)).status, 401)
    t.match(program.stdout(), `curl ${listening}/v2/topology`)
    program.child.kill('SIGTERM')
    t.equal(await program.ended, 0)
  },
)

t.test('ports that are taken are no obstacle', async (t) => {
  const taken = await rawServer(() => {})
  t.teardown(() => taken.close())
  const program = runProgram(t, ['demo'], {
    CAMUNDA_PROXY_PORT: String(taken.port),
    CAMUNDA_PROXY_ADMIN_PORT: String(taken.port),
  })
  const { listening } = await program.line('listening on')
  t.not(listening, taken.url)
  t.equal((await fetch(`${listening}/v2/topology`)).status, 200)
})

t.test('its curl lines hold what else a caller has to say', async (t) => {
  const env = { CAMUNDA_PROXY_CALLER_TOKEN: 'a-long-random-text' }
  const program = runProgram(t, ['demo', '--port', '0', '--admin-port', 'off'], env)
  const { listening } = await program.line('listening on')
  await program.line('token acquired')
  t.match(program.stdout(), `curl -H 'X-Camunda-Proxy-Token: …' ${listening}/v2/jobs/activation`)
})

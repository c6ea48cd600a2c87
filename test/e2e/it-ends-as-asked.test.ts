import { Agent, request as httpRequest } from 'node:http'
import t, { type Test } from 'tap'
import { streamingCluster } from '../helpers/fake-cluster.ts'
import { fakeIdp } from '../helpers/fake-idp.ts'
import { programEnv, runProgram } from '../helpers/program.ts'
import { runProxy } from '../helpers/proxy.ts'
import { until } from '../helpers/until.ts'

/** A program with one request in flight over a connection that its caller means to keep. */
async function inFlight(t: Test) {
  const idp = await fakeIdp()
  t.teardown(() => idp.close())
  let answer = () => {}
  const cluster = await streamingCluster((request, response) => {
    request.resume()
    answer = () => response.end('in the end')
  })
  t.teardown(() => cluster.close())
  const program = runProgram(t, ['start'], programEnv(cluster.url, idp.tokenUrl))
  const { listening, admin } = await program.line('listening on')
  await program.line('token acquired')
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  const call = new Promise<{ status: number | undefined; connection: string | undefined; text: string }>(
    (resolve, reject) => {
      const request = httpRequest(
        `${listening}/v2/jobs/activation`,
        { method: 'POST', agent },
        (response) => {
          let text = ''
          response.on('data', (chunk) => {
            text += String(chunk)
          })
          response.on('end', () =>
            resolve({ status: response.statusCode, connection: response.headers.connection, text }),
          )
        },
      )
      request.on('error', reject)
      request.end('{}')
    },
  )
  call.catch(() => {})
  await until(() => cluster.begun() === 1, 'the call is in flight')
  return { program, call, answer: () => answer(), listening: String(listening), admin: String(admin) }
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`${signal}: what is in flight finishes, nothing new is taken, and the exit code is 0`, async (t) => {
    const { program, call, answer, listening } = await inFlight(t)
    program.child.kill(signal)
    await program.line('closing')
    await until(() => program.stdout().includes('closing'), 'it closes')
    await t.rejects(fetch(`${listening}/v2/topology`), 'no new connection')
    answer()
    t.match(await call, { status: 200, connection: 'close', text: 'in the end' })
    t.equal(await program.ended, 0, 'a kept connection does not hold it up')
    t.match(program.stdout(), '"closed"')
  })
}

t.test('a second signal ends it at once', async (t) => {
  const { program, call } = await inFlight(t)
  program.child.kill('SIGTERM')
  await program.line('closing')
  program.child.kill('SIGTERM')
  t.equal(await program.ended, 1)
  await t.rejects(call)
})

t.test('what does not finish in time is cut off', async (t) => {
  const idp = await fakeIdp()
  t.teardown(() => idp.close())
  const cluster = await streamingCluster((request) => request.resume())
  t.teardown(() => cluster.close())
  const proxy = await runProxy(t, { clusterUrl: cluster.url, tokenUrl: idp.tokenUrl, drainMs: 50 })
  const call = fetch(`${proxy.url}/v2/jobs/activation`, { method: 'POST' })
  call.catch(() => {})
  await until(() => cluster.open() === 1, 'the call is in flight')
  await proxy.app.close()
  await t.rejects(call)
  await until(() => cluster.open() === 0, 'the upstream request has ended too')
})

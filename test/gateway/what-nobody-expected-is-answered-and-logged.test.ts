import t, { type Test } from 'tap'
import { Agent } from 'undici'
import type { Credential } from '../../src/credentials/credential.ts'
import type { CredentialKeeper } from '../../src/credentials/keeper.ts'
import { anybody } from '../../src/gateway/caller-check.ts'
import { buildGateway } from '../../src/gateway/gateway.ts'
import { guardPolicy } from '../../src/gateway/guard.ts'
import { InForce, Rules } from '../../src/gateway/in-force.ts'
import { listen } from '../../src/gateway/listen.ts'
import { oneDestination } from '../helpers/destinations.ts'
import { fakeCluster } from '../helpers/fake-cluster.ts'

async function gateway(
  t: Test,
  options: { keeper?: Partial<CredentialKeeper>; origin?: string; draining?: boolean; logFails?: boolean },
) {
  const defects: Error[] = []
  const dispatcher = new Agent()
  let fails = options.logFails === true
  const failOnce = () => {
    if (!fails) return
    fails = false
    throw new Error('the disk is full')
  }
  const address = { origin: options.origin ?? 'http://127.0.0.1:9', basePath: '' }
  const app = await buildGateway({
    inForce: new InForce(
      new Rules({
        destinations: oneDestination(address, dispatcher, options.keeper as CredentialKeeper),
        callerCheck: anybody,
        maxReplayBytes: 0,
        guard: guardPolicy(undefined, [], undefined),
        accessLog: { answered: failOnce, preflight() {}, abandoned() {}, refused: failOnce },
      }),
    ),
    pseudonym: 'test',
    drainMs: 100,
    isDraining: () => options.draining === true,
    onDefect: (error) => defects.push(error),
  })
  t.teardown(() => Promise.all([app.close(), dispatcher.destroy()]))
  return { url: await listen(app, { host: '127.0.0.1', port: 0 }), defects }
}

t.test('a defect while a request is forwarded', async (t) => {
  const keeper = {
    current() {
      throw new TypeError('not a function')
    },
  }
  const { url, defects } = await gateway(t, { keeper })
  const answer = await fetch(`${url}/v2/topology`)
  t.equal(answer.status, 500)
  t.match(await answer.text(), 'urn:camunda-auth-proxy:problem:internal-error')
  t.match(defects, [{ message: 'not a function' }])
})

t.test('a defect while an answer is passed on: the caller does not take it for whole', async (t) => {
  const cluster = await fakeCluster()
  t.teardown(() => cluster.close())
  const credential = { headers: ['authorization', 'Bearer token'] } as unknown as Credential
  const keeper = { current: () => credential, usable: () => credential, accept() {} }
  const { url, defects } = await gateway(t, { keeper, origin: cluster.url, logFails: true })
  await t.rejects(fetch(`${url}/v2/topology`).then((answer) => answer.text()))
  t.match(defects, [{ message: 'the disk is full' }])
})

t.test('a defect on the way there', async (t) => {
  const { url, defects } = await gateway(t, { logFails: true })
  const answer = await fetch(`${url}/elsewhere`)
  t.equal(answer.status, 500)
  t.match(await answer.text(), 'urn:camunda-auth-proxy:problem:internal-error')
  t.match(defects, [{ message: 'the disk is full' }])
})

t.test('a request that comes while the proxy is shutting down', async (t) => {
  const { url } = await gateway(t, { draining: true })
  const answer = await fetch(`${url}/v2/topology`)
  t.equal(answer.status, 503)
  t.equal(answer.headers.get('connection'), 'close')
  t.match(await answer.text(), 'urn:camunda-auth-proxy:problem:draining')
})

// undici makes what a handler throws an error of its request, which reads as if the cluster had failed; and nobody
// hears of it where the answer had been held back and was complete.
import t, { type Test } from 'tap'
import { Agent, type Dispatcher } from 'undici'
import type { Credential } from '../../src/credentials/credential.ts'
import type { CredentialKeeper } from '../../src/credentials/keeper.ts'
import { sendAuthenticated } from '../../src/upstream/authenticate.ts'
import { fakeCluster } from '../helpers/fake-cluster.ts'

const credential = { headers: ['authorization', 'Bearer token'], generation: 1 } as unknown as Credential

/** Has a credential, and never a better one. */
const steady = {
  current: () => credential,
  usable: () => credential,
  accept() {},
  reject: async () => undefined,
}

type Step = 'onResponseStart' | 'onResponseData' | 'onResponseEnd'

/** What a handler is told that throws at one step. Resolves with the first failure, once all has come to rest. */
async function heard(
  t: Test,
  status: number,
  keeper: Partial<CredentialKeeper>,
  failing?: Step,
): Promise<{ steps: string[]; error: Error }> {
  const cluster = await fakeCluster((_request, response) => response.writeHead(status).end('body'))
  const agent = new Agent()
  t.teardown(() => Promise.all([agent.destroy(), cluster.close()]))
  const steps: string[] = []
  const step = (name: Step) => () => {
    steps.push(name)
    if (name === failing) throw new TypeError('not a function')
  }
  const error = await new Promise<Error>((resolve) => {
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart() {},
      onResponseStart: step('onResponseStart'),
      onResponseData: step('onResponseData'),
      onResponseEnd: step('onResponseEnd'),
      onResponseError(_controller, error) {
        steps.push('onResponseError')
        resolve(error)
      },
    }
    const request = { origin: cluster.url, path: '/', method: 'GET', headers: [], body: null }
    sendAuthenticated(agent, request, keeper as CredentialKeeper, handler)
  })
  await agent.close()
  return { steps, error }
}

const order: Step[] = ['onResponseStart', 'onResponseData', 'onResponseEnd']

for (const [what, status] of [
  ['an answer', 200],
  ['a 401 that was held back', 401],
] as const) {
  for (const [i, failing] of order.entries()) {
    t.test(`${failing} throws at ${what}`, async (t) => {
      const { steps, error } = await heard(t, status, steady, failing)
      t.match(error, { name: 'TypeError', message: 'not a function' }, 'as it was thrown')
      t.strictSame(steps, [...order.slice(0, i + 1), 'onResponseError'], 'once, and nothing after it')
    })
  }
}

t.test('the keeper throws, at each of its tasks', async (t) => {
  const fails = () => {
    throw new TypeError('not a function')
  }
  const failures: Partial<CredentialKeeper>[] = [
    { current: fails },
    { current: () => undefined, obtain: async () => fails() },
    { ...steady, reject: async () => fails() },
  ]
  for (const keeper of failures) {
    const { steps, error } = await heard(t, 401, keeper)
    t.match(error, { name: 'TypeError', message: 'not a function' })
    t.strictSame(steps, ['onResponseError'])
  }
})

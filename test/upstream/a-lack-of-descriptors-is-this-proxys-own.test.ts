import t from 'tap'
import { faultOf } from '../../src/credentials/blame.ts'
import { AcquireError } from '../../src/credentials/credential.ts'
import { networkFailure } from '../../src/credentials/idp-errors.ts'
import { readSecret } from '../../src/credentials/read-secret.ts'
import { problemKind } from '../../src/errors.ts'
import { upstreamProblem } from '../../src/upstream/failures.ts'
import { keeperLab } from '../helpers/keeper-lab.ts'

const CODES = ['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']
const lack = (code: string) => Object.assign(new Error(`connect ${code} 192.0.2.1:443`), { code })
const wrapped = (code: string) => new TypeError('fetch failed', { cause: lack(code) })

t.test('of a request that could not be sent', async (t) => {
  for (const code of CODES) {
    for (const error of [lack(code), wrapped(code)]) {
      const problem = upstreamProblem(error, 'https://cluster.example', false)
      t.match(problem, { code: 'no-connection-left', fault: 'this proxy', retryAfterS: 1 }, code)
      t.equal(problemKind(problem.code).status, 503)
      t.match(problem.message, code)
    }
    const broken = upstreamProblem(lack(code), 'https://cluster.example', true)
    t.equal(broken.code, 'upstream-broke-off', 'what was sent may have been carried out')
  }
  t.equal(upstreamProblem(lack('ECONNREFUSED'), 'x', false).code, 'upstream-unreachable')
})

t.test('of a credential that could not be asked for, or not be made', async (t) => {
  for (const code of CODES) {
    const failure = networkFailure('The identity provider idp.example', 'idp.example', wrapped(code))
    t.match(failure, { code: 'exhausted', refused: false, message: /idp\.example was not asked/ })
    t.equal(faultOf(failure, {}), 'this proxy')
    t.equal(faultOf({ ...failure, code: `discovery-${failure.code}` }, {}), 'this proxy')
  }
  const secret = {
    origin: 'file /run/secrets/x',
    read: () => Promise.reject(lack('EMFILE')),
  } as unknown as Parameters<typeof readSecret>[1]
  const error = await readSecret({ name: 'client secret', code: 'secret-unreadable' }, secret).catch(
    (thrown: unknown) => thrown,
  )
  t.type(error, AcquireError)
  t.match(error, { failure: { code: 'exhausted', message: /not read from file/ } })
})

t.test('it is tried again each second, however often it fails', async (t) => {
  const lab = keeperLab(async () => {
    throw new AcquireError(networkFailure('It', 'idp.example', lack('EMFILE')))
  })
  lab.keeper.start()
  await lab.clock.advance(20_500)
  t.strictSame(
    lab.asked,
    Array.from({ length: 21 }, (_, i) => i * 1_000),
  )
  await lab.keeper.close()
})

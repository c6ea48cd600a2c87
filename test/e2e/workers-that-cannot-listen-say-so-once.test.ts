import t from 'tap'
import { rawServer } from '../helpers/fake-cluster.ts'
import { programEnv, runProgram } from '../helpers/program.ts'

t.test('a port that is taken ends the start as it does without workers', async (t) => {
  const taken = await rawServer(() => {})
  t.teardown(() => taken.close())
  const env = {
    ...programEnv('http://127.0.0.1:1', 'http://127.0.0.1:1/t'),
    CAMUNDA_PROXY_LOG_LEVEL: 'fatal',
  }
  const { ended, stderr, stdout } = runProgram(t, ['start', '--workers', '2'], {
    ...env,
    CAMUNDA_PROXY_PORT: String(taken.port),
  })
  t.equal(await ended, 1)
  const words = `Cannot listen on 127.0.0.1:${taken.port}: another process listens there; stop it or choose another port.`
  t.equal(stderr(), `camunda-auth-proxy: ${words}\n`)
  t.equal(stdout(), '')
})

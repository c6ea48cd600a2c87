import t from 'tap'
import { rawServer } from '../helpers/fake-cluster.ts'
import { programEnv, runProgram } from '../helpers/program.ts'
import { CLIENT_SECRET } from '../helpers/proxy.ts'

t.test('bad settings: all of them, exit code 2, and no secret', async (t) => {
  const env = {
    ...programEnv('ftp://x', 'http://idp.example/token'),
    CAMUNDA_PROXY_PORT: 'many',
    CAMUNDA_PROXY_HOST: '0.0.0.0',
  }
  const program = runProgram(t, ['start', '--log-level', 'loud', '--no-such-flag'], env)
  t.equal(await program.ended, 2)
  for (const fault of [
    'restAddress (environment variable ZEEBE_REST_ADDRESS): expected',
    'oauthUrl (environment variable ZEEBE_AUTHORIZATION_SERVER_URL): expected https',
    'port (environment variable CAMUNDA_PROXY_PORT): expected a port from 0 to 65535',
    'logLevel (flag --log-level): expected one of trace, debug',
    '--no-such-flag (command line): expected a flag of this program',
  ]) {
    t.match(program.stderr(), fault)
  }
  t.notMatch(program.stderr() + program.stdout(), CLIENT_SECRET)
})

t.test('a port that is taken: one line, exit code 1', async (t) => {
  const taken = await rawServer(() => {})
  t.teardown(() => taken.close())
  const env = programEnv('http://127.0.0.1:9', 'http://127.0.0.1:9/token')
  const program = runProgram(t, ['start', '--port', String(taken.port)], env)
  t.equal(await program.ended, 1)
  t.match(
    program.stderr(),
    `Cannot listen on 127.0.0.1:${taken.port}: another process listens there; stop it or choose another port.`,
  )
  t.equal(program.stderr().trim().split('\n').length, 1)
})

t.test('an unknown command, and the commands that need no settings', async (t) => {
  const strange = runProgram(t, ['strat'])
  t.equal(await strange.ended, 2)
  t.equal(
    strange.stderr(),
    'camunda-auth-proxy: there is no command strat; did you mean start? (camunda-auth-proxy help lists them)\n',
  )
  const help = runProgram(t, ['--help'])
  t.equal(await help.ended, 0)
  t.match(help.stdout(), 'usage: camunda-auth-proxy')
  const ofWait = runProgram(t, ['wait', '--timeout', '1', '-h'])
  t.equal(await ofWait.ended, 0)
  t.match(ofWait.stdout(), 'camunda-auth-proxy wait [--timeout SECONDS]')
  const version = runProgram(t, ['--version'])
  t.equal(await version.ended, 0)
  t.match(version.stdout(), /^\d+\.\d+\.\d+/)
})

// A file system that cannot be written to, as a hardened container has it: the proxy runs as well, whether its provider
// takes it or refuses it, and says what it could not remember.
import { spawnSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import t from 'tap'
import { fakeCluster } from '../helpers/fake-cluster.ts'
import { fakeIdp, json, tokens } from '../helpers/fake-idp.ts'
import { programEnv, runProgram } from '../helpers/program.ts'
import { callOnce } from '../helpers/workers.ts'

/** As nobody, since root may write everywhere; without what tap has a program write. */
const AS_NOBODY = ['env', '-u', 'NODE_OPTIONS', 'setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
const canBeNobody =
  spawnSync(AS_NOBODY[0] ?? '', [...AS_NOBODY.slice(1), process.execPath, 'dist/cli.js', 'version'])
    .status === 0

t.test('where nothing can be written', { skip: !canBeNobody && 'it cannot be run as nobody' }, async (t) => {
  const idp = await fakeIdp((_request, response) => json(response, 401, { error: 'invalid_client' }))
  t.teardown(() => idp.close())
  const cluster = await fakeCluster((_request, response) => response.end('here'))
  t.teardown(() => cluster.close())
  const place = t.testdir({})
  chmodSync(place, 0o555)
  const env = {
    ...programEnv(cluster.url, idp.tokenUrl),
    CAMUNDA_PROXY_STATE_FILE: '',
    HOME: place,
    TMPDIR: place,
    XDG_RUNTIME_DIR: place,
    XDG_STATE_HOME: place,
  }
  for (const workers of ['1', '2']) {
    const refused = runProgram(t, ['start', '--workers', workers], env, AS_NOBODY)
    const { listening } = await refused.line('listening on')
    await refused.line('no new token')
    t.match(await refused.line('a restart will not know of refusals'), {
      level: 'warn',
      msg: /the state file .*\/state\.json cannot be used \((EACCES|EROFS)\)$/,
    })
    t.equal((await callOnce(`${listening}/v2/x`)).status, 503)
    refused.child.kill('SIGTERM')
    t.equal(await refused.ended, 0)
  }
  idp.answerWith(tokens())
  const taken = runProgram(t, ['start'], env, AS_NOBODY)
  const { listening } = await taken.line('listening on')
  t.equal((await callOnce(`${listening}/v2/x`)).status, 200)
  t.notMatch(taken.stdout(), 'state file', 'what is not needed is not missed')
  taken.child.kill('SIGTERM')
  t.equal(await taken.ended, 0)
})

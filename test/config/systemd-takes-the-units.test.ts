import { spawnSync } from 'node:child_process'
import t from 'tap'

const UNITS = ['deploy/systemd/camunda-auth-proxy.service', 'deploy/systemd/camunda-auth-proxy.socket']
const isThere = spawnSync('systemd-analyze', ['--version']).status === 0

t.test('without a complaint', { skip: isThere ? false : 'systemd-analyze is not there' }, async (t) => {
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', ...UNITS], { encoding: 'utf8' })
  // Of other units of the machine it may complain as well.
  t.notMatch(stderr, /camunda-auth-proxy/)
  t.equal(status, 0)
})

import t from 'tap'
import { ServiceManager } from '../../src/commands/service-manager.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

t.test('and the proxy goes on', async (t) => {
  const path = process.env.PATH
  t.teardown(() => Object.assign(process.env, { PATH: path }))
  process.env.PATH = t.testdir({})
  const complaints: string[] = []
  const manager = new ServiceManager({
    env: { NOTIFY_SOCKET: '@nobody' },
    clock: new VirtualClock(),
    onTrouble: (sentence) => complaints.push(sentence),
  })
  await manager.ready(() => undefined)
  await manager.stopping()
  t.equal(complaints.length, 1)
  t.match(complaints[0], /the program systemd-notify is not there/)
})

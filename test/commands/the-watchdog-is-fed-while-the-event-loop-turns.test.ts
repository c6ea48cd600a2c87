import t from 'tap'
import { ServiceManager } from '../../src/commands/service-manager.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

async function pulses(env: Record<string, string>, send?: (fields: object) => Promise<void>) {
  const clock = new VirtualClock()
  const sent: object[] = []
  const manager = new ServiceManager({
    env,
    clock,
    pid: 7,
    onTrouble() {},
    async send(fields) {
      sent.push(fields)
      if ('WATCHDOG' in fields) await send?.(fields)
    },
  })
  await manager.ready(() => undefined)
  await clock.advance(60_000)
  return sent.filter((fields) => 'WATCHDOG' in fields).length
}

t.test('at half of the time that it has', async (t) => {
  t.equal(await pulses({ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '7' }), 4)
  t.equal(await pulses({ WATCHDOG_USEC: '30000000' }), 4)
})

t.test('not for another process, and not where nobody watches', async (t) => {
  t.equal(await pulses({ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '8' }), 0)
  t.equal(await pulses({}), 0)
})

t.test('one that is slow to arrive has none behind it', async (t) => {
  t.equal(await pulses({ WATCHDOG_USEC: '30000000' }, () => new Promise(() => {})), 1)
})

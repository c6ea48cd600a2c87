import t from 'tap'
import { ServiceManager } from '../../src/commands/service-manager.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

t.test('it is reloading, and then ready again', async (t) => {
  const sent: Readonly<Record<string, string>>[] = []
  const manager = new ServiceManager({
    env: {},
    clock: new VirtualClock(),
    onTrouble: t.fail,
    async send(fields) {
      sent.push(fields)
    },
  })
  t.equal(await manager.reloading(async () => 'done'), 'done')
  await t.rejects(
    manager.reloading(async () => {
      throw new Error('no')
    }),
    { message: 'no' },
  )
  t.strictSame(
    sent.map((fields) => Object.keys(fields)),
    [
      ['RELOADING', 'MONOTONIC_USEC'],
      ['READY', 'STATUS'],
      ['RELOADING', 'MONOTONIC_USEC'],
      ['READY', 'STATUS'],
    ],
  )
  t.match(sent[0]?.MONOTONIC_USEC, /^\d+$/, 'microseconds of CLOCK_MONOTONIC')
})

import t from 'tap'
import { ServiceManager } from '../../src/commands/service-manager.ts'
import type { KeeperStatus } from '../../src/credentials/keeper.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

const status = (state: KeeperStatus['state'], usableForMs: number): KeeperStatus => ({
  state,
  usableForMs,
  isIdle: false,
  lastFailure: undefined,
})

t.test('it is ready at once, and tells of changes and of nothing else', async (t) => {
  const clock = new VirtualClock()
  const sent: object[] = []
  const send = async (fields: object) => {
    sent.push(fields)
  }
  const manager = new ServiceManager({ env: {}, clock, onTrouble: t.fail, send })
  let now: KeeperStatus = status('cold', 0)
  await manager.ready(() => now)
  t.strictSame(sent, [{ READY: '1', STATUS: 'listening; no credential yet' }])
  await clock.advance(10_000)
  t.equal(sent.length, 1, 'nothing has changed')
  now = status('fresh', 1_000)
  await clock.advance(2_000)
  now = status('fresh', 900)
  await clock.advance(2_000)
  const failure = { code: 'timeout', message: 'a host did not answer', refused: false }
  now = { ...status('degraded', 900), lastFailure: failure }
  await clock.advance(2_000)
  t.strictSame(sent.slice(1), [
    { STATUS: 'listening; the credential is usable' },
    { STATUS: 'listening; the credential is degraded (timeout)' },
  ])
})

import t from 'tap'
import { Secret } from '../../src/config/secrets.ts'
import type { ClusterSettings } from '../../src/config/settings.ts'
import { CredentialKeeper } from '../../src/credentials/keeper.ts'
import { Keepers } from '../../src/credentials/keepers.ts'
import { noneSource } from '../../src/credentials/none.ts'
import { Past } from '../../src/succession.ts'
import { Connections } from '../../src/upstream/connections.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

const ROUNDS = 1_000

const none = { ca: undefined, certificate: undefined, key: undefined, passphrase: undefined }
const reachedBy = (ca: string) => ({
  tls: { ...none, ca: Secret.ofValue(ca) },
  egressProxy: undefined,
  http2: false,
})

t.test('keepers, connections and timers: those in force, and nothing else', async (t) => {
  const clock = new VirtualClock()
  const keepers = new Keepers()
  const connections = new Connections({ onRenewed() {}, onRenewalFailed() {} }, clock)
  const past = new Past(clock)
  const make = (key: string) =>
    keepers.keep(key, key, (pace) => {
      const source = noneSource()
      return new CredentialKeeper({ source, clock, pace, random: () => 0.5, onEvent() {} })
    })
  let ended = 0
  for (let i = 0; i < ROUNDS; i++) {
    const connection = reachedBy(`ca ${i}`)
    const cluster = { apis: new Map([['v2', { connection }]]), identityProvider: connection }
    make(`key ${i}`)
    connections.to('cluster', connection)
    const whenUnused = past.add(async () => {})
    void whenUnused.then(() => ended++)
    keepers.retain((key) => key === `key ${i}`, `key ${i}`, whenUnused)
    connections.retain([cluster as unknown as ClusterSettings], whenUnused)
  }
  t.equal(keepers.size, ROUNDS, 'they may still be used')
  await clock.advance(15_000)
  await clock.settle()
  t.equal(ended, ROUNDS)
  t.equal(keepers.size, 1)
  t.equal(connections.size, 1)
  t.equal(clock.pendingTimers, 0)
  await Promise.all([keepers.close(), connections.destroy()])
})

t.test('not while a request goes by what was before, however long', async (t) => {
  const clock = new VirtualClock()
  const past = new Past(clock)
  let end = () => {}
  const ends: string[] = []
  void past
    .add(
      () =>
        new Promise((resolve) => {
          end = resolve
        }),
    )
    .then(() => ends.push('first'))
  void past.add(async () => {}).then(() => ends.push('second'))
  await clock.advance(600_000)
  t.strictSame(ends, [], 'what both shared is used as well')
  end()
  await clock.settle()
  t.strictSame(ends, ['first', 'second'])
})

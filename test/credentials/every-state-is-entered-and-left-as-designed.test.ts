import t from 'tap'
import type { KeeperState } from '../../src/credentials/keeper.ts'
import {
  failing,
  given,
  hanging,
  healthy,
  type KeeperLab,
  keeperLab,
  MINUTE,
  type Provider,
  refusing,
} from '../helpers/keeper-lab.ts'

type Step = [act: (lab: KeeperLab) => unknown, state: KeeperState]

const start = (lab: KeeperLab) => lab.keeper.start()
const pass = (ms: number) => (lab: KeeperLab) => lab.clock.advance(ms)
const provider = (next: Provider) => (lab: KeeperLab) => {
  lab.provider = next
}
const refuse = async (lab: KeeperLab) => {
  await lab.keeper.reject(given(lab))
}
const accept = (lab: KeeperLab) => lab.keeper.accept(given(lab))

/** Credentials of 100 s, renewed at 75 s and used until 95 s. */
const stories: Record<string, Step[]> = {
  'cold, then fresh': [
    [() => {}, 'cold'],
    [start, 'fresh'],
  ],
  'cold for as long as the first attempt takes': [
    [provider(hanging), 'cold'],
    [start, 'cold'],
    [pass(9_999), 'cold'],
    [pass(1), 'expired'],
  ],
  'cold, expired, fresh': [
    [provider(failing()), 'cold'],
    [start, 'expired'],
    [provider(healthy(100_000)), 'expired'],
    [pass(1_000), 'fresh'],
  ],
  'cold, misconfigured, fresh': [
    [provider(refusing), 'cold'],
    [start, 'misconfigured'],
    [provider(healthy(100_000)), 'misconfigured'],
    [pass(29_999), 'misconfigured'],
    [pass(1), 'fresh'],
  ],
  'fresh, renewing, degraded, renewing, expired, fresh': [
    [start, 'fresh'],
    [pass(74_999), 'fresh'],
    [provider(hanging), 'fresh'],
    [pass(1), 'renewing'],
    [pass(9_999), 'renewing'],
    [pass(1), 'degraded'],
    [pass(1_000), 'renewing'],
    [pass(9_000), 'expired'],
    [provider(healthy(100_000)), 'expired'],
    [pass(5_000), 'fresh'],
  ],
  'fresh, misconfigured though the old one is good, fresh': [
    [start, 'fresh'],
    [provider(refusing), 'fresh'],
    [pass(75_000), 'misconfigured'],
    [pass(20_000), 'misconfigured'],
    [provider(healthy(100_000)), 'misconfigured'],
    [pass(10_000), 'fresh'],
  ],
  'fresh, rejected, fresh once the cluster takes it': [
    [start, 'fresh'],
    [pass(1_000), 'fresh'],
    [refuse, 'fresh'],
    [refuse, 'rejected'],
    [accept, 'fresh'],
  ],
  'rejected until the next credential': [
    [start, 'fresh'],
    [pass(1_000), 'fresh'],
    [refuse, 'fresh'],
    [refuse, 'rejected'],
    [pass(74_999), 'rejected'],
    [pass(1), 'fresh'],
  ],
  'rejected, renewed by force after the pause, rejected for twice as long': [
    [start, 'fresh'],
    [pass(1_000), 'fresh'],
    [refuse, 'fresh'],
    [refuse, 'rejected'],
    [pass(60_000), 'rejected'],
    [refuse, 'fresh'],
    [refuse, 'rejected'],
  ],
  'rejected, expired': [
    [start, 'fresh'],
    [pass(1_000), 'fresh'],
    [refuse, 'fresh'],
    [refuse, 'rejected'],
    [provider(failing()), 'rejected'],
    [pass(94_999), 'rejected'],
    [pass(1), 'expired'],
  ],
  'draining, whatever happens': [
    [start, 'fresh'],
    [(lab) => lab.keeper.drain(), 'draining'],
    [provider(failing()), 'draining'],
    [pass(10 * MINUTE), 'draining'],
    [(lab) => lab.keeper.obtain().catch(() => undefined), 'draining'],
    [(lab) => lab.keeper.close(), 'draining'],
    [(lab) => lab.keeper.drain(), 'draining'],
  ],
}

for (const [name, steps] of Object.entries(stories)) {
  t.test(name, async (t) => {
    const lab = keeperLab(healthy(100_000))
    for (const [i, [act, state]] of steps.entries()) {
      await act(lab)
      await lab.clock.settle()
      t.equal(lab.keeper.status().state, state, `step ${i}`)
    }
  })
}

t.test('what the status says of the credential and of the last failure', async (t) => {
  const lab = keeperLab(failing())
  t.strictSame(lab.keeper.status(), {
    state: 'cold',
    usableForMs: 0,
    lastFailure: undefined,
    isIdle: false,
  })
  lab.keeper.start()
  await lab.clock.settle()
  t.match(lab.keeper.status(), { usableForMs: 0, lastFailure: { code: 'network' } })
  lab.provider = healthy(100_000)
  await lab.clock.advance(1_000)
  t.match(lab.keeper.status(), { usableForMs: 95_000, lastFailure: undefined })
  await lab.clock.advance(60_000)
  t.match(lab.keeper.status(), { usableForMs: 35_000 })
})

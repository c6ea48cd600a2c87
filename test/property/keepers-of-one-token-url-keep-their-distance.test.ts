import fc from 'fast-check'
import t from 'tap'
import { Pace } from '../../src/credentials/pace.ts'
import {
  failing,
  healthy,
  type KeeperLab,
  keeperLab,
  MINUTE,
  refusing,
  shortestGap,
} from '../helpers/keeper-lab.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

const SECOND = 1_000

const providers = [
  healthy(2 * SECOND),
  healthy(12 * SECOND),
  healthy(5 * MINUTE),
  failing(),
  failing({ retryAfterMs: 3 * SECOND }),
  refusing,
]

interface Step {
  keeper: number
  provider: number
  act: string
  thenMs: number
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    keeper: fc.nat(5),
    provider: fc.nat(providers.length - 1),
    act: fc.constantFrom('start', 'call', 'refuse', 'accept', 'correct the secret', 'close'),
    thenMs: fc.constantFrom(0, 0, 1, 250, SECOND, 2 * SECOND, 20 * SECOND),
  }),
  { minLength: 10, maxLength: 60, size: 'max' },
)

const acts: Record<string, (lab: KeeperLab) => unknown> = {
  start: (lab) => lab.keeper.start(),
  call: (lab) => lab.keeper.obtain().catch(() => 'no matter'),
  refuse: (lab) => {
    const credential = lab.keeper.current()
    return credential && lab.keeper.reject(credential)
  },
  accept: (lab) => {
    const credential = lab.keeper.current()
    if (credential !== undefined) lab.keeper.accept(credential)
  },
  'correct the secret': (lab) => {
    lab.secret += '!'
  },
  close: (lab) => lab.keeper.close(),
}

t.test(
  'six keepers, whatever they are asked and answered: a second from one request to the next',
  async (t) => {
    let requests = 0
    const keepTheirDistance = async (draws: number[], trace: Step[]) => {
      let draw = 0
      const random = () => draws[draw++ % draws.length] ?? 0
      const shared = { clock: new VirtualClock(), pace: new Pace() }
      const labs = Array.from({ length: 6 }, () => keeperLab(healthy(12 * SECOND), random, shared))
      for (const { keeper, provider, act, thenMs } of trace) {
        const lab = labs[keeper]
        if (lab === undefined) continue
        lab.provider = providers[provider] ?? lab.provider
        void acts[act]?.(lab)
        await shared.clock.advance(thenMs)
      }
      await shared.clock.advance(10 * SECOND)
      const asked = labs.flatMap((lab) => lab.asked)
      requests += asked.length
      const gap = shortestGap(asked)
      if (gap < SECOND) throw new Error(`two token requests ${gap} ms apart`)
      for (const lab of labs) lab.keeper.close()
      await shared.clock.settle()
      if (shared.clock.pendingTimers > 0) throw new Error('timers are left')
    }
    const draws = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 1 })
    await fc.assert(fc.asyncProperty(draws, steps, keepTheirDistance), { numRuns: 120 })
    t.ok(requests > 1_000, `${requests} requests`)
  },
)

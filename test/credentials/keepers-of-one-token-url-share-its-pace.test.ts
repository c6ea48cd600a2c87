import t from 'tap'
import { Pace } from '../../src/credentials/pace.ts'
import {
  failing,
  healthy,
  type KeeperLab,
  keeperLab,
  MINUTE,
  outcome,
  type Provider,
  shortestGap,
} from '../helpers/keeper-lab.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

/** Several keepers in front of one token URL. */
function neighbours(number: number, provider: Provider): { clock: VirtualClock; labs: KeeperLab[] } {
  const shared = { clock: new VirtualClock(), pace: new Pace() }
  return {
    clock: shared.clock,
    labs: Array.from({ length: number }, () => keeperLab(provider, undefined, shared)),
  }
}

const asked = (labs: KeeperLab[]) => labs.flatMap((lab) => lab.asked).sort((a, b) => a - b)

t.test('five that begin together are a second apart, and each gets its own', async (t) => {
  const { clock, labs } = neighbours(5, healthy())
  const calls = labs.map((lab) => outcome(lab.keeper.obtain()))
  await clock.advance(3_999)
  t.same(
    calls.map((call) => call.settled),
    [true, true, true, true, false],
  )
  await clock.advance(1)
  t.same(asked(labs), [0, 1_000, 2_000, 3_000, 4_000])
  t.ok(calls.every((call) => call.value?.generation === 1))
})

t.test('failures count as well, and a caller of a keeper that failed does not wait for a slot', async (t) => {
  const { clock, labs } = neighbours(2, failing())
  const [one, two] = labs
  if (one === undefined || two === undefined) throw new Error('two were asked for')
  one.keeper.start()
  await clock.settle()
  two.keeper.start()
  await clock.advance(999)
  t.same(asked(labs), [0])
  const call = outcome(one.keeper.obtain())
  await clock.settle()
  t.match(call.error, { code: 'credential-unavailable' })
  await clock.advance(60_000)
  t.ok(one.asked.length > 5 && two.asked.length > 5, 'each has its turn')
  t.ok(shortestGap(asked(labs)) >= 1_000)
})

t.test('who waits for a slot that is far away is told so after ten seconds', async (t) => {
  const { clock, labs } = neighbours(12, healthy(60 * MINUTE))
  const calls = labs.map((lab) => outcome(lab.keeper.obtain()))
  await clock.advance(9_999)
  t.notOk(calls[11]?.settled)
  await clock.advance(1)
  t.match(calls[11]?.error, { code: 'credential-unavailable', retryAfterS: 1, message: /not come yet/ })
  await clock.advance(1_000)
  t.equal(labs[11]?.keeper.status().state, 'fresh', 'and its keeper gets one all the same')
})

t.test('the pace counts from the sending, though the secret was slow to read', async (t) => {
  const lab = keeperLab(failing(), () => 0)
  const read = lab.fingerprint
  lab.fingerprint = async () => {
    await new Promise<void>((resolve) => lab.clock.setTimer(resolve, 700))
    return read()
  }
  lab.keeper.start()
  await lab.clock.advance(700)
  lab.fingerprint = read
  t.same(lab.asked, [700])
  await lab.clock.advance(2_000)
  t.equal(lab.asked[1], 1_700)
})

t.test('one that closes while it waits for its slot asks no more', async (t) => {
  const { clock, labs } = neighbours(2, healthy())
  for (const lab of labs) lab.keeper.start()
  await clock.settle()
  labs[1]?.keeper.close()
  await clock.settle()
  t.equal(clock.pendingTimers, 1, 'the renewal of the other')
  await clock.advance(10_000)
  t.same(asked(labs), [0])
  labs[0]?.keeper.close()
  t.equal(clock.pendingTimers, 0)
})

t.test('a request that went out late moves the next slot', async (t) => {
  const pace = new Pace()
  t.equal(pace.reserve(0), 0)
  pace.sent(700)
  t.equal(pace.waitMs(700), 1_000)
  t.equal(pace.reserve(700), 1_700)
  pace.sent(701)
  t.equal(pace.waitMs(701), 1_999, 'and one that went out early does not bring it nearer')
})

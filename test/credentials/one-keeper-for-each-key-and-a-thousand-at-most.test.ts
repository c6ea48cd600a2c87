import t from 'tap'
import { type CredentialKey, Keepers } from '../../src/credentials/keepers.ts'
import type { Pace } from '../../src/credentials/pace.ts'
import { healthy, type KeeperLab, keeperLab, MINUTE, outcome } from '../helpers/keeper-lab.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

const key = (change: Partial<CredentialKey> = {}): CredentialKey => ({
  method: 'OAUTH',
  tokenUrl: 'https://idp/token',
  clientId: 'client',
  audience: undefined,
  scope: undefined,
  ...change,
})

function keepersLab() {
  const clock = new VirtualClock()
  const keepers = new Keepers()
  const labs: KeeperLab[] = []
  const paces: Pace[] = []
  const get = (change: Partial<CredentialKey> = {}) =>
    keepers.get(key(change), (pace) => {
      const lab = keeperLab(healthy(60 * MINUTE), undefined, { clock, pace })
      labs.push(lab)
      paces.push(pace)
      return lab.keeper
    })
  return { clock, keepers, labs, paces, get }
}

t.test('the same key, the same keeper; another key in any part, another keeper', async (t) => {
  const { labs, get } = keepersLab()
  const first = get()
  t.equal(get(), first)
  const others = [
    { method: 'COOKIE' },
    { tokenUrl: 'https://idp/other' },
    { clientId: 'other' },
    { audience: 'other' },
    { scope: 'other' },
    { audience: 'client' },
    { audience: 'other', scope: 'other' },
    { clientId: 'client","other' },
  ]
  const keepers = others.map(get)
  t.equal(new Set([first, ...keepers]).size, others.length + 1)
  t.strictSame(others.map(get), keepers, 'and it stays')
  t.equal(labs.length, others.length + 1)
})

t.test('one pace for each token URL', async (t) => {
  const { clock, paces, labs, get } = keepersLab()
  const keepers = [get(), get({ audience: 'other' }), get({ tokenUrl: 'https://idp/other' })]
  t.equal(paces[0], paces[1])
  t.not(paces[0], paces[2])
  for (const keeper of keepers) keeper.start()
  await clock.advance(5_000)
  t.same(
    labs.map((lab) => lab.asked),
    [[0], [1_000], [0]],
  )
})

t.test('for a new one beyond a thousand the one used longest ago is closed', async (t) => {
  const { clock, labs, get } = keepersLab()
  const [first, second] = [get({ clientId: '0' }), get({ clientId: '1' })]
  for (let i = 2; i < 1_000; i++) get({ clientId: `${i}` })
  t.same(
    labs.filter((lab) => lab.keeper.status().state === 'draining'),
    [],
  )
  get({ clientId: '0' })
  get({ clientId: '1000' })
  t.equal(labs.length, 1_001)
  const closed = labs.filter((lab) => lab.keeper.status().state === 'draining')
  t.equal(closed.length, 1)
  t.equal(closed[0]?.keeper, second)
  const call = outcome(second.obtain())
  await clock.settle()
  t.match(call.error, { code: 'draining' })
  t.equal(get({ clientId: '0' }), first)
  t.not(get({ clientId: '1' }), second, 'and made anew when it is wanted again')
})

t.test('draining and closing reach every keeper', async (t) => {
  const { clock, keepers, labs, get } = keepersLab()
  for (const clientId of ['a', 'b', 'c']) get({ clientId }).start()
  await clock.advance(5_000)
  keepers.drain()
  const states = () => labs.map((lab) => lab.keeper.status().state)
  t.same(states(), ['draining', 'draining', 'draining'])
  t.equal(clock.pendingTimers, 0, 'nobody renews ahead any more')
  t.ok(await get({ clientId: 'a' }).obtain(), 'but what is there is given')
  keepers.close()
  await clock.advance(2 * 60 * MINUTE)
  t.equal(labs.flatMap((lab) => lab.asked).length, 3)
  for (const { keeper } of labs) await t.rejects(keeper.obtain(), { code: 'draining' })
})

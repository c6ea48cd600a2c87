import t from 'tap'
import { Keepers } from '../../src/credentials/keepers.ts'
import type { Pace } from '../../src/credentials/pace.ts'
import { healthy, type KeeperLab, keeperLab, MINUTE, outcome } from '../helpers/keeper-lab.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

function keepersLab() {
  const clock = new VirtualClock()
  const keepers = new Keepers()
  const labs: KeeperLab[] = []
  const paces: Pace[] = []
  const get = (key = 'client', tokenUrl = 'https://idp/token') =>
    keepers.get(`${tokenUrl} ${key}`, tokenUrl, (pace) => {
      const lab = keeperLab(healthy(60 * MINUTE), undefined, { clock, pace })
      labs.push(lab)
      paces.push(pace)
      return lab.keeper
    })
  return { clock, keepers, labs, paces, get }
}

t.test('the same key, the same keeper; another key, another keeper', async (t) => {
  const { labs, get } = keepersLab()
  const first = get()
  t.equal(get(), first)
  const other = get('other')
  t.not(other, first)
  t.equal(get('other'), other, 'and it stays')
  t.equal(labs.length, 2)
})

t.test('one pace for each token URL', async (t) => {
  const { clock, paces, labs, get } = keepersLab()
  const keepers = [get(), get('other'), get('client', 'https://idp/other')]
  t.equal(paces[0], paces[1])
  t.not(paces[0], paces[2])
  for (const keeper of keepers) keeper.start()
  await clock.advance(5_000)
  t.same(
    labs.map((lab) => lab.asked),
    [[0], [1_000], [0]],
  )
})

t.test('for a new one beyond a thousand the one used longest ago is let go', async (t) => {
  const { clock, labs, get } = keepersLab()
  const [first, second] = [get('0'), get('1')]
  for (let i = 2; i < 1_000; i++) get(`${i}`)
  const letGo = () => labs.filter((lab) => lab.keeper.status().state === 'draining')
  t.same(letGo(), [])
  get('0')
  get('1000')
  t.equal(labs.length, 1_001)
  t.strictSame(
    letGo().map((lab) => lab.keeper),
    [second],
  )
  t.equal(get('0'), first)
  t.not(get('1'), second, 'and made anew when it is wanted again')
  const call = outcome(second.obtain())
  await clock.settle()
  t.match(call.value, { generation: 1 }, 'whoever still holds it is served')
  await clock.advance(120 * MINUTE)
  t.equal(letGo()[0]?.asked.length, 1, 'but it renews nothing by itself')
})

t.test('draining and closing reach every keeper', async (t) => {
  const { clock, keepers, labs, get } = keepersLab()
  for (const client of ['a', 'b', 'c']) get(client).start()
  await clock.advance(5_000)
  keepers.drain()
  const states = () => labs.map((lab) => lab.keeper.status().state)
  t.same(states(), ['draining', 'draining', 'draining'])
  t.equal(clock.pendingTimers, 0, 'nobody renews ahead any more')
  t.ok(await get('a').obtain(), 'but what is there is given')
  await keepers.close()
  await clock.advance(2 * 60 * MINUTE)
  t.equal(labs.flatMap((lab) => lab.asked).length, 3)
  for (const { keeper } of labs) await t.rejects(keeper.obtain(), { code: 'draining' })
})

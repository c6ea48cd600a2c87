import t from 'tap'
import { Keepers } from '../../src/credentials/keepers.ts'
import type { Pace } from '../../src/credentials/pace.ts'
import { healthy, type KeeperLab, keeperLab, MINUTE, outcome } from '../helpers/keeper-lab.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

function keepersLab() {
  const create = (pace: Pace) => {
    const lab = keeperLab(healthy(60 * MINUTE), undefined, { clock, pace })
    labs.push(lab)
    paces.push(pace)
    return lab.keeper
  }
  const clock = new VirtualClock()
  const keepers = new Keepers()
  const labs: KeeperLab[] = []
  const paces: Pace[] = []
  const get = (key = 'client', tokenUrl = 'https://idp/token') =>
    keepers.get(`${tokenUrl} ${key}`, tokenUrl, create)
  const keep = (key: string) => keepers.keep(`https://idp/token ${key}`, 'https://idp/token', create)
  return { clock, keepers, labs, paces, get, keep }
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

t.test('one that is in use survives being let go: its token is renewed after a 401', async (t) => {
  const { clock, get } = keepersLab()
  const used = get('used')
  const call = outcome(used.obtain())
  await clock.settle()
  for (let i = 0; i < 1_000; i++) get(`${i}`)
  t.equal(used.status().state, 'draining')
  const credential = used.current()
  if (call.value === undefined || credential === undefined) throw new Error('it has lost its credential')
  t.equal(credential, call.value)
  await clock.advance(10_000)
  const renewed = outcome(used.reject(credential))
  await clock.advance(1_000)
  t.match(renewed.value, { generation: 2 })
})

t.test('what is kept makes room for nobody, whoever asks for it', async (t) => {
  const { clock, keepers, get, keep } = keepersLab()
  const kept = keep('kept')
  kept.start()
  await clock.settle()
  for (let i = 0; i < 1_001; i++) get(`${i}`)
  t.equal(keep('kept'), kept)
  t.equal(get('kept'), kept, 'another cluster with the same client shares it')
  t.equal(kept.status().state, 'fresh')
  t.equal(keepers.size, 1_001)
  const early = get('early')
  t.equal(keep('early'), early, 'and what is there already is kept from now on')
  for (let i = 0; i < 1_001; i++) get(`more ${i}`)
  t.equal(early.status().state, 'cold')
  await keepers.close()
  await clock.advance(120 * MINUTE)
  for (const keeper of [kept, early]) await t.rejects(keeper.obtain(), { code: 'draining' })
})

t.test('a keeper is forgotten only if it is still the one', async (t) => {
  const { clock, keepers, labs, get } = keepersLab()
  const first = get()
  first.start()
  await clock.settle()
  keepers.forget('https://idp/token client', first)
  t.ok(first.current(), 'who holds it is served')
  t.equal(clock.pendingTimers, 0)
  const second = get()
  t.not(second, first)
  keepers.forget('https://idp/token client', first)
  t.equal(get(), second)
  t.equal(labs.length, 2)
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

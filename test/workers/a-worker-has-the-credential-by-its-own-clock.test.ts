import t from 'tap'
import { remoteLab, sent } from '../helpers/remote-lab.ts'

t.test('until its time is over, though the machine slept', async (t) => {
  const { keeper, clock } = remoteLab()
  await clock.advance(5_000)
  keeper.take(sent('1.1', { ageMs: 60_000 }))
  t.match(keeper.current(), { acquiredAt: clock.now() - 60_000, usableUntil: clock.now() + 300_000 })
  await clock.advance(299_999)
  t.ok(keeper.current())
  await clock.advance(1)
  t.equal(keeper.current(), undefined)
  keeper.take(sent('1.2'))
  clock.sleep(300_000)
  t.equal(keeper.current(), undefined)
})

t.test('though it lay unread while this process was stopped', async (t) => {
  const { keeper, clock } = remoteLab()
  keeper.take(sent('1.1'), 299_000)
  t.ok(keeper.current())
  await clock.advance(1_000)
  t.equal(keeper.current(), undefined)
})

t.test('one that is usable for ever', async (t) => {
  const { keeper, clock } = remoteLab()
  const ever = Number.POSITIVE_INFINITY
  keeper.take(sent('1.1', { usableForMs: ever, renewInMs: ever }))
  await clock.advance(1e9)
  t.ok(keeper.current())
})

t.test('a use is told once for what was sent, and once more when it is due', async (t) => {
  const { keeper, told, clock } = remoteLab()
  const uses = () => told.filter(({ type }) => type === 'used').length
  keeper.take(sent('1.1'))
  t.equal(uses(), 0, 'it was only sent')
  for (let i = 0; i < 3; i++) keeper.current()
  t.equal(uses(), 1)
  await clock.advance(240_000)
  t.equal(uses(), 1)
  for (let i = 0; i < 3; i++) keeper.current()
  t.equal(uses(), 2)
  keeper.take(sent('1.1'))
  for (let i = 0; i < 3; i++) keeper.current()
  t.equal(uses(), 3, 'the same with new times is news')
})

t.test('a generation of its own, whichever keeper it came from', async (t) => {
  const { keeper } = remoteLab()
  const generations = ['1.7', '1.7', '1.8', '2.1'].map((issue) => {
    keeper.take(sent(issue))
    return keeper.current()?.generation
  })
  t.strictSame(generations, [1, 1, 2, 3])
})

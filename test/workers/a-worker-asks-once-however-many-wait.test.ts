import t from 'tap'
import { Problem } from '../../src/errors.ts'
import { outcome } from '../helpers/keeper-lab.ts'
import { remoteLab, sent } from '../helpers/remote-lab.ts'

t.test('all get what comes, and who leaves only leaves', async (t) => {
  const { keeper, asked, clock } = remoteLab()
  t.equal(keeper.current(), undefined)
  const leaving = new AbortController()
  const gone = outcome(keeper.obtain(leaving.signal))
  const waiting = Array.from({ length: 50 }, () => outcome(keeper.obtain()))
  t.equal(asked.length, 1)
  leaving.abort(new Error('left'))
  await clock.settle()
  t.match(gone, { settled: true, error: new Error('left') })
  t.ok(waiting.every(({ settled }) => !settled))
  keeper.take(sent('1.1'))
  asked[0]?.answer()
  await clock.settle()
  for (const { value } of waiting) t.match(value, { headers: ['authorization', 'Bearer 1.1'], generation: 1 })
  t.equal(clock.pendingTimers, 0)
  await keeper.obtain()
  t.equal(asked.length, 1, 'while it is usable, nobody asks')
})

t.test('a problem is told to all who wait, and the next one asks anew', async (t) => {
  const { keeper, asked, clock } = remoteLab()
  const waiting = [1, 2].map(() => outcome(keeper.obtain()))
  const problem = new Problem('credential-refused', 'The client is refused.', { retryAfterS: 9 })
  asked[0]?.answer(problem)
  await clock.settle()
  for (const { error } of waiting) t.equal(error, problem)
  void keeper.obtain().catch(() => {})
  t.equal(asked.length, 2)
})

t.test('a primary that says nothing is not waited for longer than 12 s', async (t) => {
  const { keeper, asked, clock } = remoteLab()
  const waiting = outcome(keeper.obtain())
  await clock.advance(11_999)
  t.notOk(waiting.settled)
  await clock.advance(1)
  t.match(waiting.error, { code: 'credential-unavailable', fault: 'this proxy', retryAfterS: 1 })
  t.equal(asked.length, 1)
})

t.test('one that lapsed on its way is asked for again, once', async (t) => {
  const { keeper, asked, clock } = remoteLab()
  const waiting = outcome(keeper.obtain())
  for (const i of [0, 1]) {
    keeper.take(sent(`1.${i}`, { usableForMs: 0 }))
    asked[i]?.answer()
    await clock.settle()
  }
  t.equal(asked.length, 2)
  t.match(waiting.error, { code: 'credential-unavailable' })
})

t.test('a thousand may wait, and one more is told so', async (t) => {
  const { keeper, clock } = remoteLab()
  for (let i = 0; i < 1_000; i++) void keeper.obtain().catch(() => {})
  const oneMore = outcome(keeper.obtain())
  await clock.settle()
  t.match(oneMore.error, { code: 'credential-unavailable' })
})

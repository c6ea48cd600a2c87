import t from 'tap'
import type { Credential } from '../../src/credentials/credential.ts'
import { outcome } from '../helpers/keeper-lab.ts'
import { remoteLab, sent } from '../helpers/remote-lab.ts'

function warm() {
  const lab = remoteLab()
  lab.keeper.take(sent('1.1'))
  return { ...lab, first: lab.keeper.current() as Credential } // it was just sent
}

t.test('all who got one are given the newer one', async (t) => {
  const { keeper, asked, clock, first } = warm()
  const waiting = Array.from({ length: 20 }, () => outcome(keeper.reject(first)))
  t.match(
    asked.map(({ message }) => message),
    [{ type: 'reject', issue: '1.1' }],
  )
  t.equal(asked.length, 1)
  keeper.take(sent('1.2'))
  asked[0]?.answer()
  await clock.settle()
  for (const { value } of waiting) t.match(value, { headers: ['authorization', 'Bearer 1.2'] })
  t.match(await keeper.reject(first), { generation: 2 }, 'a late one too')
  t.equal(asked.length, 1, 'without a word')
})

t.test('without a newer one it stands', async (t) => {
  const { keeper, asked, clock, first } = warm()
  const waiting = outcome(keeper.reject(first))
  asked[0]?.answer()
  await clock.settle()
  t.match(waiting, { settled: true, value: undefined })
  void keeper.reject(first)
  t.equal(asked.length, 2, 'the next one is told of again')
})

t.test('a primary that says nothing is not waited for longer than 4 s', async (t) => {
  const { keeper, clock, first } = warm()
  const waiting = outcome(keeper.reject(first))
  await clock.advance(3_999)
  t.notOk(waiting.settled)
  await clock.advance(1)
  t.match(waiting, { settled: true, value: undefined })
})

t.test('a success is told only where it would be news', async (t) => {
  const { keeper, told, first } = warm()
  const accepts = () => told.filter(({ type }) => type === 'accept')
  keeper.accept(first)
  t.equal(accepts().length, 0)
  keeper.take(sent('1.2', { isOnTrial: true }))
  const second = keeper.current() as Credential // it was just sent
  keeper.accept(first)
  t.equal(accepts().length, 0, 'of an older one')
  for (let i = 0; i < 3; i++) keeper.accept(second)
  t.match(accepts(), [{ issue: '1.2' }])
  t.equal(accepts().length, 1)
})

import t from 'tap'
import { clockOffset } from '../../src/check/exchanges.ts'

const NOON = Date.parse('2026-11-28T12:00:00Z')
const header = (date: string | undefined) => () => date

t.test('against the middle of the exchange, and the middle of its second', async (t) => {
  const exchange = { header: header('Sat, 28 Nov 2026 12:05:00 GMT'), sentAt: NOON, receivedAt: NOON + 400 }
  t.strictSame(clockOffset(exchange), { offsetMs: 300_300, uncertaintyMs: 700 })
  const behind = { ...exchange, header: header('Sat, 28 Nov 2026 11:59:00 GMT'), receivedAt: NOON }
  t.strictSame(clockOffset(behind), { offsetMs: -59_500, uncertaintyMs: 500 })
})

t.test('no date, or none that can be read: nothing', async (t) => {
  for (const date of [undefined, '', 'soon'])
    t.equal(clockOffset({ header: header(date), sentAt: 0, receivedAt: 1 }), undefined)
})

import t from 'tap'
import { capacity, capacityWithin } from '../../src/gateway/capacity.ts'

const limits = (soft: string) => `Limit                     Soft Limit           Hard Limit           Units
Max cpu time              unlimited            unlimited            seconds
Max open files            ${soft.padEnd(20)} 1048576              files
`

t.test('two for each, beside those that are kept for other things', async (t) => {
  for (const [soft, connections] of [
    ['64', 16],
    ['128', 48],
    ['1024', 496],
    ['1048576', 16_384],
    ['20', 4],
  ] as const)
    t.strictSame(capacityWithin(limits(soft)), { connections, openFiles: Number(soft) })
})

t.test('where it is not known, or there is no limit, the usual number', async (t) => {
  for (const text of ['', limits('unlimited')])
    t.strictSame(capacityWithin(text), { connections: 16_384, openFiles: undefined })
  t.ok(capacity().connections > 0)
})

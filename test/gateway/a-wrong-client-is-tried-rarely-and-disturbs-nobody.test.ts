import t from 'tap'
import { clientCallers } from '../helpers/client-callers.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

t.test('a hundred tries with a wrong secret ask once, and others are served meanwhile', async (t) => {
  const clock = new VirtualClock()
  const { proxy, call, asked } = await clientCallers(t, { clock })
  t.equal((await call('good', 'right')).status, 200)
  const first = call('bad', 'wrong')
  while (asked('bad') === 0) {
    await clock.advance(100)
    await fetch(`${proxy.adminUrl}/livez`)
  }
  t.equal((await first).status, 401)
  for (let i = 0; i < 100; i++) {
    const answer = await call('bad', 'wrong')
    t.equal(answer.status, 401)
    t.ok(Number(answer.headers.get('retry-after')) >= 25)
    if (i % 10 === 0) t.equal((await call('good', 'right')).status, 200)
  }
  t.equal(asked('bad'), 1)
  t.equal(asked('good'), 1)
})

t.test('a wrong secret keeps the right one of the same client out neither before nor after', async (t) => {
  const { call, asked } = await clientCallers(t)
  t.equal((await call('one', 'wrong')).status, 401)
  t.equal((await call('one', 'right')).status, 200, 'it was corrected')
  t.equal((await call('one', 'wrong')).status, 401, 'and is wrong for who sends the wrong one')
  t.equal((await call('one', 'right')).status, 200)
  t.equal(asked('one'), 2)
})

t.test('two hundred wrong ones at once and again and again', async (t) => {
  const { call, provider } = await clientCallers(t)
  t.equal((await call('known', 'right')).status, 200)
  const statuses = new Set<number>()
  const wrong = async (i: number) => statuses.add((await call(`wrong-${i}`, 'wrong')).status)
  // In the first round all are new, and in the second those that come again leave room for who is.
  for (const expected of [503, 200]) {
    let isOver = false
    const round = Promise.all(Array.from({ length: 200 }, (_, i) => wrong(i))).then(() => {
      isOver = true
    })
    const [known, newcomer] = [call('known', 'right'), call(`new-${expected}`, 'right')]
    t.equal((await known).status, 200)
    t.notOk(isOver, 'who is known does not wait for those at the door')
    t.equal((await newcomer).status, expected)
    await round
  }
  t.strictSame([...statuses].sort(), [401, 503])
  const [first, last] = [provider.requests[0]?.at ?? 0, provider.requests.at(-1)?.at ?? 0]
  t.ok(provider.requests.length > 3, 'there were wrong ones at the door')
  // Arrivals may bunch up on a busy machine; there cannot be many more of them.
  t.ok(provider.requests.length - 6 <= (last - first) / 1_000, 'one request a second')
})

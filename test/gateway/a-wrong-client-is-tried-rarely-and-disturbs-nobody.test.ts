import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { clientCallers } from '../helpers/client-callers.ts'

t.test('a hundred tries with a wrong secret ask once, and others are served meanwhile', async (t) => {
  const { call, asked } = await clientCallers(t)
  t.equal((await call('good', 'right')).status, 200)
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
  let over = false
  const hammer = async (i: number) => {
    const statuses = new Set<number>()
    while (!over) {
      statuses.add((await call(`wrong-${i}`, 'wrong')).status)
      await sleep(500)
    }
    return statuses
  }
  const hammers = Promise.all(Array.from({ length: 200 }, (_, i) => hammer(i)))

  const newcomer = async () => {
    const startedAt = performance.now()
    while ((await call('new', 'right')).status !== 200) await call('known', 'right')
    return performance.now() - startedAt
  }
  await sleep(1_500)
  const asked = provider.requests.length
  t.ok((await newcomer()) < 15_000, 'somebody new gets in')
  const slowest = Math.max(
    ...(await Promise.all(
      Array.from({ length: 20 }, async () => {
        const startedAt = performance.now()
        t.equal((await call('known', 'right')).status, 200)
        return performance.now() - startedAt
      }),
    )),
  )
  over = true
  for (const statuses of await hammers)
    t.ok([...statuses].every((status) => status === 401 || status === 503))
  t.ok(asked >= 2, 'there were wrong ones at the door')
  t.ok(slowest < 5_000, `who is known waits for the machine alone: ${slowest} ms`)
  const [first, last] = [provider.requests[0]?.at ?? 0, provider.requests.at(-1)?.at ?? 0]
  // Arrivals may bunch up on a busy machine; there cannot be more of them.
  t.ok(provider.requests.length - 2 <= (last - first) / 1_000, 'one request a second')
})

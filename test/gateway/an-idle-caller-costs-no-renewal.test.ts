import t from 'tap'
import { clientCallers } from '../helpers/client-callers.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

t.test('who called once is not renewed; who goes on calling is, and never waits', async (t) => {
  const clock = new VirtualClock()
  const { proxy, provider, call, asked } = await clientCallers(t, { clock })
  for (const id of ['once', 'often', 'wrong']) {
    const answer = call(id, id === 'wrong' ? id : 'right')
    while (asked(id) === 0) {
      await clock.advance(100)
      await fetch(`${proxy.adminUrl}/livez`)
    }
    t.equal((await answer).status, id === 'wrong' ? 401 : 200)
  }
  for (let passed = 0; passed < 30 * 60; passed += 5) {
    await clock.advance(5_000)
    t.equal((await call('often', 'right')).status, 200)
  }
  t.equal(asked('once'), 1)
  t.equal(asked('wrong'), 1)
  t.ok(asked('often') >= 7, `${asked('often')} tokens in half an hour`)
  t.equal(provider.requests.length, asked('often') + 2)
  t.equal(clock.pendingTimers, 2, 'of one renewal, and of the status page')
})

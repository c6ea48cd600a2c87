import t from 'tap'
import type { CallerAuthSettings } from '../../src/config/settings.ts'
import { ClientKeepers } from '../../src/credentials/clients.ts'
import { CredentialKeeper } from '../../src/credentials/keeper.ts'
import { Keepers } from '../../src/credentials/keepers.ts'
import { clusterDispatcher } from '../../src/upstream/dispatcher.ts'
import { basic } from '../helpers/clusters.ts'
import { connection, notes } from '../helpers/connections.ts'
import { deaf, failing, healthy, outcome, type Provider, refusing } from '../helpers/keeper-lab.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

const settings: CallerAuthSettings = {
  strategy: 'CALLER',
  method: 'client_secret_post',
  identityProvider: { tokenUrl: new URL('https://idp.example/token') },
  audience: undefined,
  scope: undefined,
  resource: undefined,
  parameters: {},
  headers: {},
  lenient: false,
}

function doorLab(t: { teardown(end: () => unknown): void }, provider: Provider) {
  const clock = new VirtualClock()
  const keepers = new Keepers()
  const dispatcher = clusterDispatcher(connection(), notes())
  t.teardown(() => dispatcher.destroy())
  const lab = { provider, clock, keepers, asked: 0 }
  const clients = new ClientKeepers({
    keepers,
    now: () => clock.now(),
    makeKeeper(_source, pace, _clientId, onEvent) {
      const source = {
        fingerprint: async () => 'fingerprint',
        acquire: (signal: AbortSignal) => lab.provider(++lab.asked, signal),
      }
      const random = () => 0.5
      return new CredentialKeeper({
        source,
        clock,
        pace,
        random,
        onEvent,
        onlyIfUsed: true,
        refusal: 'caller-refused',
      })
    },
  })
  const look = clients.of(settings, () => dispatcher, '')
  const enter = (id: string, secret = 's') => look(basic(id, secret).authorization)
  return Object.assign(lab, { enter })
}

const endings: Record<string, Provider> = {
  accepted: healthy(300_000),
  refused: refusing,
  'without an answer': failing(),
  'with a defect': () => {
    throw new Error('a defect')
  },
  'after ten seconds': deaf,
}

for (const [ending, provider] of Object.entries(endings)) {
  t.test(ending, async (t) => {
    const lab = doorLab(t, provider)
    for (let i = 0; i < 4; i++) lab.enter(`${i}`)
    t.throws(() => lab.enter('4'), { code: 'credential-unavailable', retryAfterS: 1 })
    await lab.clock.advance(60_000)
    t.equal(lab.asked, 4, 'nobody tries again unasked')
    lab.provider = healthy(300_000)
    for (let i = 10; i < 14; i++) t.ok(lab.enter(`${i}`), 'every place is free again')
    await lab.clock.advance(5_000)
    for (let i = 10; i < 14; i++) t.ok(lab.enter(`${i}`).current())
    t.equal(lab.clock.pendingTimers, ending === 'accepted' ? 8 : 4)
  })
}

t.test('who was closed meanwhile leaves nothing behind', async (t) => {
  const lab = doorLab(t, deaf)
  const calls = [0, 1, 2, 3].map((i) => outcome(lab.enter(`${i}`).obtain()))
  await lab.clock.advance(1_500)
  await lab.keepers.close()
  await lab.clock.settle()
  for (const call of calls) t.match(call.error, { code: 'draining' })
  t.equal(lab.clock.pendingTimers, 0)
})

t.test('there is room for who comes first when those who come again take theirs', async (t) => {
  const lab = doorLab(t, refusing)
  const knock = (id: string) => {
    try {
      lab.enter(id)
      return true
    } catch {
      return false
    }
  }
  const wrong = Array.from({ length: 200 }, (_, i) => `wrong-${i}`)
  for (const id of wrong) knock(id)
  for (let second = 0; second < 20; second++) {
    await lab.clock.advance(1_000)
    for (const id of wrong) knock(id)
  }
  t.ok(lab.asked <= 21, `${lab.asked} requests in 20 s`)
  lab.provider = healthy(300_000)
  const keeper = lab.enter('new')
  await lab.clock.advance(4_000)
  t.ok(keeper.current(), 'within seconds')
})

t.test('refusals double the pause, one client at a time; what answers ends it', async (t) => {
  const lab = doorLab(t, refusing)
  for (const pause of [30, 60, 120, 240, 480, 600, 600]) {
    lab.enter('one')
    await lab.clock.advance(2_000)
    await lab.clock.advance(pause * 1_000 - 3_000)
    t.throws(() => lab.enter('one'), { code: 'caller-refused', retryAfterS: 1, message: /said no/ })
    await lab.clock.advance(1_001)
  }
  t.equal(lab.asked, 7)
  lab.provider = healthy(300_000)
  lab.enter('one', 'other secret')
  lab.enter('one')
  await lab.clock.advance(2_000)
  t.ok(lab.enter('one').current())
  t.ok(lab.enter('one', 'other secret').current())
})

t.test('who was accepted after refusals begins anew if it is ever unknown again', async (t) => {
  const lab = doorLab(t, refusing)
  for (const pause of [30, 60]) {
    lab.enter('one')
    await lab.clock.advance(pause * 1_000 + 2_000)
  }
  lab.provider = healthy(24 * 60 * 60_000)
  lab.enter('one')
  await lab.clock.advance(2_000)
  t.equal(lab.keepers.size, 1)
  for (let i = 0; i < 1_000; i++) {
    lab.enter(`other-${i}`)
    await lab.clock.advance(1_000)
  }
  lab.provider = refusing
  lab.enter('one')
  await lab.clock.advance(10_000)
  t.throws(() => lab.enter('one'), { code: 'caller-refused' })
  await lab.clock.advance(22_000)
  t.ok(lab.enter('one'), 'after the first pause, not the third')
})

t.test(
  'of those that are remembered there are a thousand at most, and a known one has none of it',
  async (t) => {
    const lab = doorLab(t, healthy(24 * 60 * 60_000))
    const known = lab.enter('known')
    await lab.clock.advance(2_000)
    lab.provider = refusing
    for (let i = 0; i < 1_100; i++) {
      lab.enter(`wrong-${i}`)
      await lab.clock.advance(1_000)
    }
    t.equal(lab.enter('known'), known, 'it was not pushed out')
    t.equal(lab.keepers.size, 1, 'and of the others none is left')
  },
)

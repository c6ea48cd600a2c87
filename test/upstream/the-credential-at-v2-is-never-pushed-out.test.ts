import t from 'tap'
import { Secret } from '../../src/config/secrets.ts'
import type { ApiSettings, ClusterSettings } from '../../src/config/settings.ts'
import { ClientKeepers } from '../../src/credentials/clients.ts'
import { CredentialKeeper } from '../../src/credentials/keeper.ts'
import { Keepers } from '../../src/credentials/keepers.ts'
import { Connections } from '../../src/upstream/connections.ts'
import { OwnCredentials } from '../../src/upstream/own-credentials.ts'
import { connection, notes } from '../helpers/connections.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

const address = { origin: 'https://cluster.example', basePath: '' }

function cluster(name: string): ClusterSettings {
  const auth = { strategy: 'BASIC', username: name, password: Secret.ofValue('p') } as const
  const v2: ApiSettings = { address, auth, connection: connection() }
  const scope = { readOnly: false, allow: [] }
  return { name, apis: new Map([['v2', v2]]), identityProvider: connection(), scope }
}

t.test('however many others are called after it', async (t) => {
  const clock = new VirtualClock()
  const keepers = new Keepers()
  const all = Array.from({ length: 1_002 }, (_, i) => cluster(`c${i}`))
  const [main, first] = all as [ClusterSettings, ClusterSettings] // of 1,002
  const connections = new Connections(notes(), clock)
  const credentials = new OwnCredentials({
    clusters: new Map(all.map((one) => [one.name, one])),
    main,
    connections,
    keepers,
    clients: new ClientKeepers({
      keepers,
      now: () => clock.now(),
      makeKeeper: () => t.fail('none') as never,
    }),
    makeKeeper: (source, pace) =>
      new CredentialKeeper({ source, pace, clock, random: () => 0.5, onEvent: () => {} }),
  })
  t.teardown(() => connections.destroy())
  const keeperOf = (one: ClusterSettings) => credentials.keeperFor(one, 'v2')(undefined)
  const [kept, letGo] = [keeperOf(main), keeperOf(first)]
  for (const one of all.slice(1)) keeperOf(one)
  t.equal(keeperOf(main), kept)
  t.equal(kept.status().state, 'cold')
  t.equal(letGo.status().state, 'draining', 'as is the one used longest ago, which has made room')
})

import t, { type Test } from 'tap'
import { buildAdmin } from '../../src/admin/admin.ts'
import { CredentialRecord } from '../../src/admin/credential-record.ts'
import { guardPolicy, makeGuard } from '../../src/gateway/guard.ts'
import { listen } from '../../src/gateway/listen.ts'
import {
  failing,
  given,
  hanging,
  healthy,
  type KeeperLab,
  keeperLab,
  type Provider,
  refusing,
} from '../helpers/keeper-lab.ts'

/** A credential of 100 s: renewed at 75 s, used until 95 s. */
const issuing = healthy(100_000)
const PROBES = ['startupz', 'livez', 'readyz'] as const

type Act = (lab: KeeperLab) => unknown
type Probe = (typeof PROBES)[number]

const start: Act = (lab) => lab.keeper.start()
const pass =
  (ms: number): Act =>
  (lab) =>
    lab.clock.advance(ms)
const provider =
  (next: Provider): Act =>
  (lab) => {
    lab.provider = next
  }

interface Story {
  acts: Act[]
  draining?: boolean
  /** Status and reason of the start-up probe; status and whole answer of the readiness probe. */
  startupz: [number, string]
  readyz: [number, { why: string; credential: string; usableForS: number }]
}

const STARTED: [number, string] = [200, 'the first credential has been obtained']
const EARLY = 'the first credential is on its way'
const DOWN = 'The identity provider is down.'
const REFUSED = 'The identity provider said no.'

const stories: Record<string, Story> = {
  'nothing has been asked yet': {
    acts: [],
    startupz: [503, EARLY],
    readyz: [503, { why: EARLY, credential: 'cold', usableForS: 0 }],
  },
  'the first answer is on its way': {
    acts: [provider(hanging), start, pass(5_000)],
    startupz: [503, EARLY],
    readyz: [503, { why: EARLY, credential: 'cold', usableForS: 0 }],
  },
  'a fresh credential': {
    acts: [start, pass(10_500)],
    startupz: STARTED,
    readyz: [200, { why: 'a credential is usable', credential: 'fresh', usableForS: 84 }],
  },
  'a renewal on its way': {
    acts: [start, provider(hanging), pass(80_000)],
    startupz: STARTED,
    readyz: [200, { why: 'a credential is usable', credential: 'renewing', usableForS: 15 }],
  },
  'a renewal that failed, and the old credential good': {
    acts: [start, provider(failing()), pass(75_000)],
    startupz: STARTED,
    readyz: [200, { why: DOWN, credential: 'degraded', usableForS: 20 }],
  },
  'renewals that fail until the credential has expired': {
    acts: [start, provider(failing()), pass(96_000)],
    startupz: STARTED,
    readyz: [503, { why: DOWN, credential: 'expired', usableForS: 0 }],
  },
  'a provider that is down from the beginning': {
    acts: [provider(failing()), start],
    startupz: [503, DOWN],
    readyz: [503, { why: DOWN, credential: 'expired', usableForS: 0 }],
  },
  'a provider that refuses the client': {
    acts: [provider(refusing), start],
    startupz: [503, REFUSED],
    readyz: [503, { why: REFUSED, credential: 'misconfigured', usableForS: 0 }],
  },
  'a provider that refuses the client while the old credential is good': {
    acts: [start, provider(refusing), pass(75_000)],
    startupz: STARTED,
    readyz: [200, { why: REFUSED, credential: 'misconfigured', usableForS: 20 }],
  },
  'a cluster that refuses even fresh credentials: that is no reason to restart': {
    acts: [start, pass(10_000), refuse, pass(0), refuse],
    startupz: STARTED,
    readyz: [200, { why: 'a credential is usable', credential: 'rejected', usableForS: 95 }],
  },
  'shutting down with a good credential': {
    acts: [start, (lab) => lab.keeper.drain()],
    draining: true,
    startupz: STARTED,
    readyz: [503, { why: 'shutting down', credential: 'draining', usableForS: 95 }],
  },
}

for (const [name, story] of Object.entries(stories)) {
  t.test(name, async (t) => {
    const lab = keeperLab(issuing)
    for (const act of story.acts) {
      await act(lab)
      await lab.clock.settle()
    }
    const probe = await probes(t, lab, story.draining ?? false)
    const [startStatus, why] = story.startupz
    t.strictSame(await probe('startupz'), [startStatus, { ok: startStatus === 200, why }])
    t.strictSame(await probe('livez'), [200, { ok: true, why: 'the process answers' }])
    const [readyStatus, verdict] = story.readyz
    t.strictSame(await probe('readyz'), [readyStatus, { ok: readyStatus === 200, ...verdict }])
    t.notMatch(JSON.stringify(await Promise.all(PROBES.map(probe))), 'token-', 'and no token')
  })
}

/** A real listener that looks at this keeper. */
async function probes(t: Test, lab: KeeperLab, draining: boolean) {
  const guards = { refusal: makeGuard(guardPolicy('127.0.0.1', [], undefined)), peers: undefined }
  const admin = buildAdmin(
    () => guards,
    {
      credential: () => lab.keeper.status(),
      isDraining: () => draining,
      hasStarted: () => lab.events.some((event) => event.type === 'acquired'),
      isServing: () => true,
    },
    async () => ({ tallies: [], record: new CredentialRecord() }),
    undefined,
  )

  t.teardown(() => admin.close())
  const url = await listen(admin, { host: '127.0.0.1', port: 0 })
  return async (name: Probe): Promise<[number, unknown]> => {
    const answer = await fetch(`${url}/${name}`)
    t.equal(answer.headers.get('cache-control'), 'no-store')
    t.match(answer.headers.get('content-type'), /^application\/json/)
    return [answer.status, await answer.json()]
  }
}

async function refuse(lab: KeeperLab): Promise<void> {
  await lab.keeper.reject(given(lab))
}

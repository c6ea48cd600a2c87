import t, { type Test } from 'tap'
import type { ClusterSettings } from '../../src/config/settings.ts'
import { Problem } from '../../src/errors.ts'
import type { OwnCredentials } from '../../src/upstream/own-credentials.ts'
import { Desk } from '../../src/workers/desk.ts'
import type { ToWorker } from '../../src/workers/messages.ts'
import {
  failing,
  healthy,
  type KeeperLab,
  keeperLab,
  type Provider,
  refusing,
} from '../helpers/keeper-lab.ts'

const where = { cluster: 'default', api: 'v2', authorization: undefined, edition: 0 } as const
const of = { keeper: 1, where }

/** A desk with two workers at it, in front of a keeper that can be exchanged. */
function deskLab(_t: Test, provider: Provider = healthy()) {
  const lab = { keepers: keeperLab(provider), refusal: undefined as Problem | undefined }
  const credentials = {
    keeperFor: () => () => {
      if (lab.refusal !== undefined) throw lab.refusal
      return lab.keepers.keeper
    },
  } as unknown as OwnCredentials
  const clusters = new Map([['default', {} as ClusterSettings]])
  const desk = new Desk({ clusters, credentials, clock: lab.keepers.clock })
  const heard: [ToWorker[], ToWorker[]] = [[], []]
  const counters = heard.map((messages) => desk.open((message) => messages.push(message)))
  const [first, second] = counters as [(typeof counters)[0], (typeof counters)[0]] // of two
  return { lab, desk, heard, first, second }
}

const types = (messages: readonly ToWorker[]) => messages.map(({ type }) => type)
const issues = (messages: readonly ToWorker[]) =>
  messages.flatMap((message) => (message.type === 'credential' ? [message.credential.issue] : []))
const warm = async ({ keeper, clock }: KeeperLab) => {
  keeper.start()
  await clock.settle()
}

t.test('the credential first, and then the answer; who watches is sent what there is', async (t) => {
  const { lab, heard, first, second } = deskLab(t)
  second.receive({ type: 'watch', ...of })
  t.strictSame(heard[1], [], 'there is none yet')
  first.receive({ type: 'obtain', ask: 1, ...of })
  await lab.keepers.clock.settle()
  t.strictSame(types(heard[0]), ['credential', 'answer'])
  t.match(heard[0][0], { keeper: 1, credential: { issue: '1.1', isOnTrial: false, usableForMs: Number } })
  second.receive({ type: 'watch', ...of })
  t.strictSame(issues(heard[1]), ['1.1'])
  first.receive({ type: 'obtain', ask: 2, ...of })
  await lab.keepers.clock.settle()
  t.strictSame(
    types(heard[0]),
    ['credential', 'answer', 'credential', 'answer'],
    'who asks again has none that is good by its own clock',
  )
  first.receive({ type: 'watch', ...of })
  t.equal(heard[0].length, 4, 'else what was sent is not sent again')
})

t.test('a problem, as the keeper or the look-up has it', async (t) => {
  const { lab, heard, first } = deskLab(t, refusing)
  first.receive({ type: 'obtain', ask: 1, ...of })
  await lab.keepers.clock.settle()
  t.match(heard[0], [
    { type: 'answer', ask: 1, problem: { code: 'credential-refused', retryAfterS: Number } },
  ])
  lab.refusal = new Problem('credential-unavailable', 'Too many.', { retryAfterS: 1, fault: 'caller' })
  first.receive({ type: 'obtain', ask: 2, ...of })
  await lab.keepers.clock.settle()
  t.match(heard[0][1], {
    ask: 2,
    problem: { code: 'credential-unavailable', detail: 'Too many.', fault: 'caller' },
  })
  first.receive({ type: 'used', ...of })
  t.equal(heard[0].length, 2, 'a note is not answered')
})

t.test('all who have the keeper hear what happens to it', async (t) => {
  const { lab, desk, heard, first, second } = deskLab(t)
  await warm(lab.keepers)
  for (const counter of [first, second]) counter.receive({ type: 'watch', ...of })
  desk.changed(lab.keepers.keeper)
  t.strictSame(issues(heard[0]), ['1.1', '1.1'])
  t.strictSame(issues(heard[1]), ['1.1', '1.1'])
  second.close()
  desk.changed(lab.keepers.keeper)
  t.equal(heard[0].length, 3)
  t.equal(heard[1].length, 2, 'but not who is gone')
})

t.test('a 401 of two workers is worth one renewal, and what it brings is on trial', async (t) => {
  const { lab, heard, first, second } = deskLab(t)
  await warm(lab.keepers)
  for (const counter of [first, second]) counter.receive({ type: 'watch', ...of })
  for (const counter of [first, second]) counter.receive({ type: 'reject', ask: 1, issue: '1.1', ...of })
  await lab.keepers.clock.advance(1_000)
  t.equal(lab.keepers.asked.length, 2)
  for (const messages of heard) {
    t.strictSame(issues(messages), ['1.1', '1.2'])
    t.match(messages[1], { credential: { isOnTrial: true } })
    t.match(messages[2], { type: 'answer', problem: undefined })
  }
  first.receive({ type: 'accept', issue: '1.1', ...of })
  t.equal(lab.keepers.keeper.isOnTrial, true, 'the older one was taken')
  first.receive({ type: 'accept', issue: '1.2', ...of })
  t.equal(lab.keepers.keeper.isOnTrial, false)
})

t.test('a keeper that had to make room comes back as another, with another issue', async (t) => {
  const { lab, heard, first } = deskLab(t)
  await warm(lab.keepers)
  first.receive({ type: 'watch', ...of })
  lab.keepers = keeperLab()
  first.receive({ type: 'reject', ask: 1, issue: '1.1', ...of })
  await lab.keepers.clock.settle()
  t.strictSame(issues(heard[0]), ['1.1', '2.1'])
  t.equal(lab.keepers.asked.length, 1, 'which is not refused for the other')
})

t.test('a use keeps what is used renewed', async (t) => {
  const { lab, first } = deskLab(t)
  const own = keeperLab(healthy(), () => 0.5, undefined, { onlyIfUsed: true })
  lab.keepers = own
  await warm(own)
  first.receive({ type: 'watch', ...of })
  await own.clock.advance(300_000)
  t.equal(own.asked.length, 1, 'to watch is no use')
  await warm(own)
  first.receive({ type: 'used', ...of })
  await own.clock.advance(299_000)
  t.equal(own.asked.length, 3)
})

t.test('a failure is told to who has one that is still usable, as its use is to be told again', async (t) => {
  const { lab, desk, heard, first } = deskLab(t)
  await warm(lab.keepers)
  first.receive({ type: 'watch', ...of })
  lab.keepers.provider = failing()
  await lab.keepers.clock.advance(250_000)
  desk.changed(lab.keepers.keeper)
  t.strictSame(issues(heard[0]), ['1.1', '1.1'])
})

t.test('as many as like may wait, and Node has nothing to warn of', async (t) => {
  const { lab, heard, first } = deskLab(t)
  const warnings: string[] = []
  const onWarning = ({ message }: Error) => warnings.push(message)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  for (let i = 1; i <= 20; i++) first.receive({ type: 'obtain', ask: i, keeper: i, where })
  await lab.keepers.clock.settle()
  t.equal(types(heard[0]).filter((type) => type === 'answer').length, 20)
  await new Promise(setImmediate)
  t.strictSame(warnings, [])
})

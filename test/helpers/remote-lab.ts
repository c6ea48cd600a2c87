import type { Problem } from '../../src/errors.ts'
import type { KeeperNote, KeeperQuestion, SentCredential } from '../../src/workers/messages.ts'
import { RemoteKeeper } from '../../src/workers/remote-keeper.ts'
import { VirtualClock } from './virtual-clock.ts'

interface Question {
  message: KeeperQuestion
  answer(problem?: Problem): void
}

/** A worker's keeper on a virtual clock, with the test in place of the primary. */
export function remoteLab() {
  const clock = new VirtualClock()
  const told: KeeperNote[] = []
  const asked: Question[] = []
  const link = {
    tell: (message: KeeperNote) => void told.push(message),
    ask: (message: KeeperQuestion) =>
      new Promise<Problem | undefined>((answer) =>
        asked.push({ message, answer: (problem) => answer(problem) }),
      ),
  }
  const where = { cluster: 'default', api: 'v2', authorization: undefined, edition: 0 } as const
  return { clock, told, asked, keeper: new RemoteKeeper({ keeper: 1, where }, link, clock) }
}

/** A credential as the primary sends it: usable for five minutes, due in four. */
export function sent(issue: string, more: Partial<SentCredential> = {}): SentCredential {
  return {
    issue,
    headers: ['authorization', `Bearer ${issue}`],
    ageMs: 0,
    renewInMs: 240_000,
    usableForMs: 300_000,
    isOnTrial: false,
    session: undefined,
    ...more,
  }
}

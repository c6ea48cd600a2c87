import {
  AcquireError,
  type AcquireFailure,
  type CredentialSource,
  type IssuedCredential,
} from '../../src/credentials/credential.ts'
import { CredentialKeeper, type KeeperEvent } from '../../src/credentials/keeper.ts'
import { Pace } from '../../src/credentials/pace.ts'
import { VirtualClock } from './virtual-clock.ts'

export const MINUTE = 60_000

/** What the identity provider does when it is asked; `number` counts from 1. */
export type Provider = (number: number, signal: AbortSignal) => Promise<IssuedCredential>

/** Issues `token-1`, `token-2`, … at once. */
export const healthy =
  (lifetimeMs = 5 * MINUTE): Provider =>
  async (number) => ({ headers: ['authorization', `Bearer token-${number}`], lifetimeMs })

export const failing =
  (failure: Partial<AcquireFailure> = {}): Provider =>
  async () => {
    throw new AcquireError({
      code: 'network',
      message: 'The identity provider is down.',
      refused: false,
      ...failure,
    })
  }

export const refusing = failing({
  code: 'invalid_client',
  message: 'The identity provider said no.',
  refused: true,
})

/** Never answers; gives up when it is told to. */
export const hanging: Provider = (_number, signal) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })

/** A keeper on a virtual clock, in front of an identity provider that does as it is told. */
export function keeperLab(first: Provider = healthy(), random: () => number = () => 0.5) {
  const clock = new VirtualClock()
  const lab = {
    clock,
    provider: first,
    /** The instants, on the monotonic clock, at which the provider was asked. */
    asked: [] as number[],
    events: [] as KeeperEvent[],
    secret: 'first',
    keeper: undefined as unknown as CredentialKeeper,
  }
  const source: CredentialSource = {
    fingerprint: async () => lab.secret,
    acquire(signal) {
      lab.asked.push(clock.monotonic())
      return lab.provider(lab.asked.length, signal)
    },
  }
  const onEvent = (event: KeeperEvent) => lab.events.push(event)
  lab.keeper = new CredentialKeeper({ source, clock, pace: new Pace(), random, onEvent })
  return lab
}

/** A lab whose keeper has its first credential. */
export async function warmLab(first?: Provider, random?: () => number) {
  const lab = keeperLab(first, random)
  lab.keeper.start()
  await lab.clock.settle()
  return lab
}

/** How a promise stands, without waiting for it. */
export function outcome<T>(promise: Promise<T>): { value?: T; error?: unknown; settled: boolean } {
  const result: { value?: T; error?: unknown; settled: boolean } = { settled: false }
  promise.then(
    (value) => Object.assign(result, { value, settled: true }),
    (error: unknown) => Object.assign(result, { error, settled: true }),
  )
  return result
}

import {
  AcquireError,
  type AcquireFailure,
  type Credential,
  type CredentialSource,
  type IssuedCredential,
} from '../../src/credentials/credential.ts'
import { CredentialKeeper, type KeeperEvent, type KeeperOptions } from '../../src/credentials/keeper.ts'
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

/** Never settles, whatever it is told. */
export const deaf: Provider = () => new Promise(() => {})

/** Does as the other does, but takes its time. */
export const slowly =
  (clock: VirtualClock, ms: number, provider: Provider): Provider =>
  async (number, signal) => {
    await new Promise<void>((resolve) => clock.setTimer(resolve, ms))
    return provider(number, signal)
  }

/** A keeper on a virtual clock, in front of an identity provider that does as it is told. */
export function keeperLab(
  first: Provider = healthy(),
  random: () => number = () => 0.5,
  { clock, pace } = { clock: new VirtualClock(), pace: new Pace() },
  own: Pick<KeeperOptions, 'onlyIfUsed' | 'keepReady' | 'refusal'> & Pick<CredentialSource, 'fixed'> = {},
) {
  const lab = {
    clock,
    provider: first,
    /** The instants, on the monotonic clock, at which the provider was asked. */
    asked: [] as number[],
    /** With the instant, on the keeper's clock. */
    events: [] as (KeeperEvent & { at: number })[],
    fingerprint: async () => lab.secret,
    secret: 'first',
  }
  const { fixed = false, ...options } = own
  const source: CredentialSource = {
    fixed,
    fingerprint: () => lab.fingerprint(),
    acquire(signal) {
      lab.asked.push(clock.monotonic())
      return lab.provider(lab.asked.length, signal)
    },
  }
  const onEvent = (event: KeeperEvent) => lab.events.push({ ...event, at: clock.now() })
  return Object.assign(lab, {
    keeper: new CredentialKeeper({ source, clock, pace, random, onEvent, ...options }),
  })
}

export type KeeperLab = ReturnType<typeof keeperLab>

/** The credential that the keeper would send now; that there is none is a failure. */
export function given({ keeper }: KeeperLab): Credential {
  const credential = keeper.current()
  if (credential === undefined) throw new Error('the keeper has no credential')
  return credential
}

/** A lab whose keeper has its first credential. */
export async function warmLab(first?: Provider, random?: () => number) {
  const lab = keeperLab(first, random)
  lab.keeper.start()
  await lab.clock.settle()
  return lab
}

/** The shortest time from one of these instants to the next, to the microsecond. */
export function shortestGap(instants: readonly number[]): number {
  const sorted = [...instants].sort((a, b) => a - b)
  const gaps = sorted.slice(1).map((at, i) => at - (sorted[i] ?? at))
  return Math.round(Math.min(...gaps) * 1_000) / 1_000
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

import { execFile } from 'node:child_process'
import type { Clock } from '../credentials/clock.ts'
import type { KeeperStatus } from '../credentials/keeper.ts'

/** What systemd is told, as in sd_notify(3). */
type Fields = Readonly<Record<string, string>>

/** Delivers a message to the service manager. @throws Error if it cannot */
export type Send = (fields: Fields) => Promise<void>

/** How long a message may take. */
const SEND_MS = 10_000
/** How often the state of the credential is looked at. */
const LOOK_MS = 2_000

export interface ServiceManagerOptions {
  env: Readonly<Record<string, string | undefined>>
  clock: Clock
  /** Hears, once, that messages do not arrive. */
  onTrouble(sentence: string): void
  send?: Send
  pid?: number
}

/**
 * The service manager that started this process and wants to hear of it (sd_notify(3)): it learns that the proxy
 * listens, how the credential is, of reloads and of the end, and, where it watches, that the event loop turns.
 */
export class ServiceManager {
  readonly #options: ServiceManagerOptions
  readonly #send: Send
  /** One after the other, so that they arrive in order. */
  #sent = Promise.resolve()
  #isTroubled = false
  #isStopping = false
  #status = ''
  #isPulseOnItsWay = false

  constructor(options: ServiceManagerOptions) {
    this.#options = options
    this.#send = options.send ?? viaSystemdNotify(options.env.NOTIFY_SOCKET ?? '')
  }

  /** It listens. From now on follows the credential, whose state `credential` tells, and the watchdog is fed. */
  async ready(credential: () => KeeperStatus | undefined): Promise<void> {
    const { env, clock, pid = process.pid } = this.#options
    this.#status = statusOf(credential())
    this.#every(clock, LOOK_MS, () => this.#look(credential))
    const pulseMs = watchdogMs(env, pid) / 2
    if (pulseMs > 0) this.#every(clock, pulseMs, () => this.#pulse())
    await this.#tell({ READY: '1', STATUS: this.#status })
  }

  /** The settings are being read anew; the promise of `reload` is passed on, whichever way it went. */
  async reloading<T>(reload: () => Promise<T>): Promise<T> {
    // The manager tells by the time which of two reloads an answer belongs to.
    const now = (process.hrtime.bigint() / 1_000n).toString()
    void this.#tell({ RELOADING: '1', MONOTONIC_USEC: now })
    try {
      return await reload()
    } finally {
      await this.#tell({ READY: '1', STATUS: this.#status })
    }
  }

  /** The end has begun. */
  stopping(): Promise<void> {
    this.#isStopping = true
    return this.#tell({ STOPPING: '1', STATUS: 'closing: requests in flight may finish' })
  }

  #look(credential: () => KeeperStatus | undefined): void {
    const status = statusOf(credential())
    if (status === this.#status || this.#isStopping) return
    this.#status = status
    void this.#tell({ STATUS: status })
  }

  /** Goes on during the drain: the manager watches until the process is gone. */
  #pulse(): void {
    // One that is slow to arrive stands for those behind it.
    if (this.#isPulseOnItsWay) return
    this.#isPulseOnItsWay = true
    void this.#tell({ WATCHDOG: '1' }).then(() => {
      this.#isPulseOnItsWay = false
    })
  }

  #tell(fields: Fields): Promise<void> {
    this.#sent = this.#sent
      .then(() => this.#send(fields))
      .catch((error: unknown) => {
        if (this.#isTroubled) return
        this.#isTroubled = true
        this.#options.onTrouble(
          `the service manager cannot be told that this proxy is up: ${reasonOf(error)}; without it, systemd ends a service of Type=notify`,
        )
      })
    return this.#sent
  }

  #every(clock: Clock, ms: number, action: () => void): void {
    const wait = () =>
      clock.setTimer(() => {
        action()
        wait()
      }, ms)
    wait()
  }
}

/** One line for `systemctl status`. Names no client and no address, and changes only when something has happened. */
function statusOf(credential: KeeperStatus | undefined): string {
  if (credential === undefined) return 'listening; callers bring credentials of their own'
  const { state, usableForMs, isIdle, lastFailure } = credential
  if (isIdle) return 'listening; the next request gets a credential'
  const failure = lastFailure === undefined ? '' : ` (${lastFailure.code})`
  if (usableForMs > 0) {
    const isTroubled = state === 'degraded' || state === 'rejected'
    return isTroubled
      ? `listening; the credential is ${state}${failure}`
      : 'listening; the credential is usable'
  }
  return state === 'cold' ? 'listening; no credential yet' : `listening; no credential: ${state}${failure}`
}

/** How long the manager waits for a sign of life from this process, in milliseconds; 0 if it does not. */
function watchdogMs({ WATCHDOG_USEC, WATCHDOG_PID }: ServiceManagerOptions['env'], pid: number): number {
  if (WATCHDOG_PID !== undefined && WATCHDOG_PID !== String(pid)) return 0
  const ms = Number(WATCHDOG_USEC ?? 0) / 1_000
  return Number.isFinite(ms) && ms > 0 ? ms : 0
}

/**
 * By systemd's own program: Node has no datagrams on Unix sockets. It waits until the manager has taken the message
 * (a barrier, from systemd 246), without which that of a process that has ended would be dropped. It gets no other
 * variable of this environment, which may hold secrets.
 */
function viaSystemdNotify(socket: string): Send {
  const options = { env: { NOTIFY_SOCKET: socket, PATH: process.env.PATH ?? '' }, timeout: SEND_MS }
  return (fields) =>
    new Promise((resolve, reject) => {
      const args = Object.entries(fields).map(([name, value]) => `${name}=${value}`)
      execFile('systemd-notify', args, options, (error) => (error === null ? resolve() : reject(error)))
    })
}

function reasonOf(error: unknown): string {
  const { code, killed } = error as { code?: unknown; killed?: boolean }
  if (code === 'ENOENT') return 'the program systemd-notify is not there'
  if (killed === true) return `systemd-notify did not end within ${SEND_MS / 1_000} s`
  return `systemd-notify failed (${typeof code === 'string' || typeof code === 'number' ? code : 'unknown'})`
}

import cluster, { type Worker } from 'node:cluster'
import { chmodSync } from 'node:fs'
import type { Logger } from 'pino'
import { errorCode } from '../config/error-code.ts'
import { type Clock, setLimit } from '../credentials/clock.ts'
import { ListenError, type ListenTarget, prepareSocket } from '../gateway/listen.ts'
import { closed, sum, type Tally } from '../gateway/tally.ts'
import { pauseBeforeMs, soonEnds } from './backoff.ts'
import type { Counter, Desk } from './desk.ts'
import { accountForConnections } from './handed-over.ts'
import type { SentSettings, ToPrimary, ToWorker, WorkerStart } from './messages.ts'
import { Pulse, SILENT_MS } from './pulse.ts'

export interface PoolOptions {
  /** How many workers. */
  count: number
  /** The program that each runs. */
  program: string
  start: WorkerStart
  listen: ListenTarget
  desk: Desk
  clock: Clock
  logger: Logger
}

/** A process, and what is known of it. */
interface Member {
  /** From 1; whoever takes its place has the same. */
  number: number
  worker: Worker
  counter: Counter
  /** On the monotonic clock. */
  forkedAt: number
  isListening: boolean
  /** Takes no new connections. */
  isLeaving: boolean
  /** Why it failed, in its own words. */
  reason: string | undefined
  /** Whom it replaces. */
  after: { how: string; at: number } | undefined
  cancelLimit: () => void
  /** From when it listens. */
  pulse: Pulse | undefined
  /** How many messages have not even left this process. */
  unsent: number
  /** What becomes of the connections that it has not taken. */
  passOn: (isAnyLeft: boolean) => void
  /** What it had counted when it was asked last. */
  tally: Tally
}

/** How long a worker may take until it listens. */
const START_MS = 30_000
/** How long one may take to say what it was asked for a report. */
const REPORT_MS = 1_000
/** How many messages may wait for a worker to read: more than it ever asks for. */
const MAX_UNSENT = 10_000
/** For the owner only, as the mode will be; folders that others make at that moment stay usable. */
const OWNER_ONLY = 0o077

/** The workers: starts them, replaces those that end, and ends them all. */
export class Pool {
  readonly #options: PoolOptions
  readonly #members = new Set<Member>()
  readonly #soonEnds = new Map<number, number>()
  readonly #reports = new Map<number, (tally?: Tally) => void>()
  readonly #timers = new Set<NodeJS.Timeout>()
  /** Numbers of those that have neither come to listen nor ended; undefined once that is settled. */
  #expected: Set<number> | undefined
  /** What is to be done about those that ended before that. */
  #missing: (() => void)[] = []
  #settleStart: { resolve: (address: string) => void; reject: (error: Error) => void } | undefined
  #target: ListenTarget
  #start: WorkerStart
  /** As the first one that listened told it; every other one has the same. */
  #address: string | undefined
  #umask: number | undefined
  #isClosing = false
  #countedByGone = sum([])
  #onEmpty = () => {}
  #asked = 0

  constructor(options: PoolOptions) {
    this.#options = options
    this.#target = options.listen
    this.#start = options.start
  }

  /** How many listen. */
  get listening(): number {
    return [...this.#members].filter((member) => member.isListening).length
  }

  /** Where they listen, once they do. */
  get address(): string | undefined {
    return this.#address
  }

  /**
   * Starts the workers, and resolves with the address when each of them listens, or has failed to while others do.
   * @throws ListenError if none comes to listen, with the reason
   */
  async start(): Promise<string> {
    const { listen, program, count } = this.#options
    if ('socket' in listen) await prepareSocket(listen.socket)
    cluster.schedulingPolicy = cluster.SCHED_RR
    cluster.setupPrimary({
      exec: program,
      args: [],
      serialization: 'advanced',
      silent: false,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    // Whatever way this process ends: none is left behind.
    process.once('exit', () => this.#killAll())
    const numbers = Array.from({ length: count }, (_, i) => i + 1)
    this.#expected = new Set(numbers)
    const started = new Promise<string>((resolve, reject) => {
      this.#settleStart = { resolve, reject }
    })
    for (const number of numbers) this.#fork(number, undefined)
    return started
  }

  /**
   * What the workers have counted, those that have ended among them. Of one that says nothing within a second it is
   * what it said before, so that no count goes back.
   */
  async collect(): Promise<Tally[]> {
    const asked = [...this.#members].filter(isAtWork)
    await Promise.all(asked.map((member) => this.#report(member)))
    // Not of those that were asked: who has ended meanwhile is among those that are gone.
    return [this.#countedByGone, ...[...this.#members].map((member) => member.tally)]
  }

  /** Has every worker, those to come as well, go by other settings. One that cannot leaves, and is replaced. */
  reload(settings: SentSettings): void {
    this.#start = { ...this.#start, ...settings }
    for (const member of this.#members) this.#send(member, { type: 'reload', ...settings })
  }

  /** Has every worker end when its requests in flight are done; what is left after `limitMs` is killed. */
  async close(limitMs: number): Promise<void> {
    this.#isClosing = true
    for (const timer of this.#timers) clearTimeout(timer)
    // The limits of these were among the timers.
    for (const end of [...this.#reports.values()]) end()
    if (this.#members.size === 0) return
    const empty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve
    })
    for (const member of this.#members) {
      if (isAtWork(member)) this.#send(member, { type: 'drain' })
      // It has no request yet, and may not read what it is sent before it has started.
      else kill(member, 'it was not needed any more')
    }
    const cancel = this.#after(limitMs, () => this.#killAll())
    await empty
    cancel()
  }

  #fork(number: number, after: Member['after']): void {
    const worker = this.#newProcess(number)
    if (worker === undefined) return
    const send = (message: ToWorker) => this.#send(member, message)
    const member: Member = {
      number,
      worker,
      counter: this.#options.desk.open(send),
      forkedAt: performance.now(),
      isListening: false,
      isLeaving: false,
      reason: undefined,
      after,
      tally: sum([]),
      cancelLimit: setLimit(
        this.#options.clock,
        () => kill(member, `it did not come to listen within ${START_MS / 1_000} s`),
        START_MS,
      ),
      pulse: undefined,
      unsent: 0,
      passOn: accountForConnections(worker.process),
    }
    this.#members.add(member)
    worker.on('message', (message: ToPrimary) => this.#receive(member, message))
    // Of a message that could not be sent: it has ended, and that is heard of as well. Not so of what never began.
    worker.on('error', (error: Error) => {
      if (worker.process.pid === undefined) this.#onExit(member, `could not be started (${errorCode(error)})`)
    })
    worker.on('disconnect', () => this.#noteSilent(member))
    worker.once('exit', (code: number | null, signal: string | null) => {
      const onExit = () =>
        this.#onExit(member, signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`)
      // Its last words may still be on their way.
      if (worker.isConnected()) worker.once('disconnect', onExit)
      else onExit()
    })
  }

  /** Where there can be no further process at the moment, it is as if it had ended at once. */
  #newProcess(number: number): Worker | undefined {
    try {
      return cluster.fork()
    } catch (error) {
      const how = `could not be started (${errorCode(error)})`
      this.#replace({ number, reason: undefined, forkedAt: performance.now() }, how)
      return undefined
    }
  }

  #send(member: Member, message: ToWorker): void {
    const { worker } = member
    if (!worker.isConnected()) return
    member.unsent++
    worker.process.send(message, undefined, undefined, () => member.unsent--)
    if (member.unsent > MAX_UNSENT) kill(member, 'it did not read what it was sent')
  }

  #receive(member: Member, message: ToPrimary): void {
    member.pulse?.heard()
    switch (message.type) {
      case 'hello':
        this.#send(member, { type: 'start', number: member.number, ...this.#start })
        break
      case 'ready':
        this.#letListen(member)
        break
      case 'listening':
        this.#noteListening(member, message.address)
        break
      case 'failed':
        member.reason = message.message
        break
      case 'leaving':
        this.#noteLeaving(member)
        break
      case 'reported':
        this.#reports.get(message.ask)?.(message.tally)
        break
      case 'pong':
        break
      default:
        member.counter.receive(message)
    }
  }

  /** The listener itself is made here, for the first one, when the word arrives: hence the umask. */
  #letListen(member: Member): void {
    if ('socket' in this.#target && this.listening === 0) this.#umask ??= process.umask(OWNER_ONLY)
    this.#send(member, { type: 'listen', target: this.#target })
  }

  #noteListening(member: Member, address: string): void {
    if (this.#umask !== undefined && 'socket' in this.#target) chmodSync(this.#target.socket, 0o600)
    this.#restoreUmask()
    member.cancelLimit()
    if (this.#address !== undefined && this.#address !== address) {
      // The last one left while this one was about to listen, and a free port is another one now.
      kill(member, `it came to listen on ${address}`)
      return
    }
    this.#address = address
    member.isListening = true
    member.pulse = new Pulse({
      clock: this.#options.clock,
      ping: () => this.#send(member, { type: 'ping' }),
      onSilent: () => kill(member, `it was silent for ${SILENT_MS / 1_000} s`),
    })
    const { after, number } = member
    if (after !== undefined) {
      const replacedInMs = Math.round(performance.now() - after.at)
      const { pid } = member.worker.process
      const words = `worker ${number} ${after.how}: replaced in ${replacedInMs} ms`
      this.#options.logger.warn({ worker: number, workerPid: pid, replacedInMs }, words)
    }
    this.#settle(number)
  }

  /** It takes no more requests, and may be a while in finishing those that it has. */
  #noteLeaving(member: Member): void {
    if (member.isLeaving || this.#isClosing) return
    member.isLeaving = true
    this.#noteSilent(member)
    this.#replace(member, 'had an unexpected error')
  }

  #noteSilent(member: Member): void {
    member.isListening = false
    // The listener is gone with the last one: where it may have had any port, it is to have the same.
    if (
      this.listening === 0 &&
      this.#address !== undefined &&
      'port' in this.#target &&
      this.#target.port === 0
    )
      this.#target = { host: this.#target.host, port: Number(new URL(this.#address).port) }
  }

  #onExit(member: Member, how: string): void {
    if (!this.#members.delete(member)) return
    member.cancelLimit()
    member.pulse?.stop()
    member.counter.close()
    this.#noteSilent(member)
    member.passOn(this.listening > 0)
    this.#countedByGone = sum([this.#countedByGone, closed(member.tally)])
    // Else another may be about to listen.
    if (this.#members.size === 0) this.#restoreUmask()
    if (this.#isClosing) {
      if (this.#members.size === 0) this.#onEmpty()
    } else if (!member.isLeaving) this.#replace(member, how)
  }

  #replace(member: Pick<Member, 'number' | 'reason' | 'forkedAt'>, how: string): void {
    const { number, reason } = member
    const now = performance.now()
    const soon = soonEnds(this.#soonEnds.get(number) ?? 0, now - member.forkedAt)
    this.#soonEnds.set(number, soon)
    const fork = () => this.#fork(number, { how, at: now })
    if (this.#expected !== undefined) {
      this.#missing.push(fork)
      this.#settle(number, reason ?? `No worker came to listen: the last one ${how}.`)
      return
    }
    const pauseMs = pauseBeforeMs(soon)
    if (soon > 1 || reason !== undefined) {
      const why = reason === undefined ? '' : `: ${reason}`
      const nextTryInS = pauseMs / 1_000
      this.#options.logger.error({ worker: number, nextTryInS }, `worker ${number} ${how}${why}`)
    }
    this.#after(pauseMs, fork)
  }

  /** At the start: one more of those that were waited for has come to listen, or has failed. */
  #settle(number: number, reason?: string): void {
    if (!this.#expected?.delete(number) || this.#expected.size > 0) return
    this.#expected = undefined
    if (this.#address !== undefined && this.listening > 0) {
      for (const fork of this.#missing) fork()
      this.#settleStart?.resolve(this.#address)
      return
    }
    this.#isClosing = true
    this.#settleStart?.reject(new ListenError(reason ?? 'No worker came to listen.'))
  }

  #report(member: Member): Promise<void> {
    const ask = ++this.#asked
    return new Promise((resolve) => {
      const cancel = this.#after(REPORT_MS, () => end())
      const end = (tally = member.tally) => {
        cancel()
        this.#reports.delete(ask)
        member.tally = tally
        resolve()
      }
      this.#reports.set(ask, end)
      this.#send(member, { type: 'report', ask })
    })
  }

  #restoreUmask(): void {
    if (this.#umask !== undefined) process.umask(this.#umask)
    this.#umask = undefined
  }

  #killAll(): void {
    for (const { worker } of this.#members) worker.kill('SIGKILL')
  }

  /** Returns the cancellation. */
  #after(delayMs: number, action: () => void): () => void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      action()
    }, delayMs)
    this.#timers.add(timer)
    return () => {
      clearTimeout(timer)
      this.#timers.delete(timer)
    }
  }
}

/** Ends a worker at once, for a reason that is told. */
/** Whether it has taken requests. */
function isAtWork({ isListening, isLeaving }: Member): boolean {
  return isListening || isLeaving
}

function kill(member: Member, reason: string): void {
  member.reason ??= reason
  member.worker.kill('SIGKILL')
}

import type { IncomingMessage } from 'node:http'
import type { Problem } from '../errors.ts'
import type { Destinations } from '../upstream/destinations.ts'
import type { AccessLog } from './access-log.ts'
import type { CallerCheck } from './caller-check.ts'
import { type GuardPolicy, makeGuard } from './guard.ts'
import type { PeerGate } from './peer-gate.ts'
import { Router } from './route.ts'

export interface RulesOptions {
  destinations: Destinations
  guard: GuardPolicy
  /** Which users of the machine may call; undefined: all. */
  peers?: PeerGate | undefined
  callerCheck: CallerCheck
  accessLog: AccessLog
  /** How much of a body is kept for a second attempt after a 401. */
  maxReplayBytes: number
  /** Below which path of a server all of it is; none by default. */
  prefix?: string
}

/** What requests go by: all that settings say of them. Counts those that are on their way by them. */
export class Rules {
  readonly router: Router
  readonly refusal: (request: IncomingMessage) => Problem | undefined
  readonly peers: PeerGate | undefined
  readonly accessLog: AccessLog
  readonly maxReplayBytes: number
  #inFlight = 0
  #onIdle = () => {}

  constructor({ destinations, guard, peers, callerCheck, prefix, ...options }: RulesOptions) {
    this.router = new Router(destinations, callerCheck, prefix)
    this.refusal = makeGuard(guard)
    this.peers = peers
    this.accessLog = options.accessLog
    this.maxReplayBytes = options.maxReplayBytes
  }

  /** A request is forwarded by these. */
  begun(): void {
    this.#inFlight++
  }

  /** One that was is done. */
  ended(): void {
    if (--this.#inFlight === 0) this.#onIdle()
  }

  /** Resolves once no request is on its way by these; long polls may take minutes. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#onIdle = resolve
      if (this.#inFlight === 0) resolve()
    })
  }
}

const RULES = Symbol('rules')

/** A request that remembers what it goes by. */
interface Begun extends IncomingMessage {
  [RULES]?: Rules
}

/** The rules in force, replaced as a whole: a request takes them once, as it begins, and goes by them to its end. */
export class InForce {
  current: Rules

  constructor(rules: Rules) {
    this.current = rules
  }

  /** The rules that a request which has just been read goes by. */
  take(request: IncomingMessage): Rules {
    const { current } = this
    ;(request as Begun)[RULES] = current
    return current
  }

  /** Those that a request has taken. */
  of(request: IncomingMessage): Rules {
    return (request as Begun)[RULES] ?? this.current
  }
}

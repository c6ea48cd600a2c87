import type { ApiName } from '../config/apis.ts'
import type { Staying } from '../config/changes.ts'
import type { Instant } from '../credentials/clock.ts'
import type { LoginSigns } from '../credentials/credential.ts'
import type { Fault, ProblemCode } from '../errors.ts'
import type { ListenTarget } from '../gateway/listen.ts'
import type { Tally } from '../gateway/tally.ts'

/**
 * What the process that owns the credentials (the primary) and its workers say to each other. Serialized as by
 * `structuredClone` (`advanced`): a credential may be usable for ever, which JSON has no number for.
 */

/** The credential that a worker's keeper stands for. */
export interface Where {
  /** The name of the cluster. */
  cluster: string
  api: ApiName
  /** Of the caller, where callers are clients of their own. */
  authorization: string | undefined
  /** By which settings. */
  edition: number
}

/** A credential on its way to a worker. Durations in milliseconds, since each process has a clock of its own. */
export interface SentCredential {
  /** Equal for what is one and the same credential, whichever keeper it came from, and however often it is sent. */
  issue: string
  headers: readonly string[]
  ageMs: number
  renewInMs: number
  usableForMs: number
  /** It would be news that the cluster takes it. */
  isOnTrial: boolean
  session: (SentHeaders & { signs: LoginSigns }) | undefined
}

/** What a login sends with methods that change nothing, and with those that do. */
export interface SentHeaders {
  safe: readonly string[]
  unsafe: readonly string[]
}

export interface SentProblem {
  code: ProblemCode
  detail: string
  retryAfterS: number | undefined
  fault: Fault
}

/** Settings as a worker gets them: those of its primary, so that files that were changed since make no difference. */
export interface SentSettings {
  args: readonly string[]
  env: Readonly<Record<string, string | undefined>>
  /** The texts of the configuration files, by path. */
  files: ReadonlyMap<string, string>
  /** What holds in any case. */
  staying: Staying | undefined
  /** Counted from 0, with each reload. */
  edition: number
}

/** What a worker is to run with. */
export interface WorkerStart extends SentSettings {
  /** Its name in `Via`. */
  pseudonym: string
}

/** `keeper` is the worker's number for one of its keepers. */
type OfKeeper = { keeper: number; where: Where }

/** Told by a worker's keeper. */
export type KeeperNote = OfKeeper &
  (
    | { type: 'watch' } // wants to know the credential, and has no use for it yet
    | { type: 'used' }
    | { type: 'accept'; issue: string }
  )

/** Asked by a worker's keeper. Before the answer comes what is new. */
export type KeeperQuestion = OfKeeper &
  (
    | { type: 'obtain' }
    | { type: 'reject'; issue: string }
    | { type: 'observe'; issue: string; rawHeaders: readonly string[] }
  )

/** With the number by which it is answered. */
export type KeeperMessage = KeeperNote | (KeeperQuestion & { ask: number })

export type ToPrimary =
  | { type: 'hello' }
  | { type: 'ready' } // to listen
  | { type: 'listening'; address: string }
  | { type: 'failed'; message: string } // and ends
  | { type: 'leaving' } // takes no new connections, and ends when those that it has are done
  | { type: 'pong' }
  | { type: 'reported'; ask: number; tally: Tally | undefined }
  | KeeperMessage

export type ToWorker =
  | ({ type: 'start'; number: number } & WorkerStart)
  | { type: 'listen'; target: ListenTarget }
  | ({ type: 'reload' } & SentSettings) // whoever cannot is to leave
  | { type: 'drain' }
  | { type: 'ping' } // is to be answered with a pong
  | { type: 'report'; ask: number }
  | { type: 'credential'; keeper: number; credential: SentCredential; sentAt: Instant }
  | ({ type: 'session'; keeper: number; issue: string } & SentHeaders)
  | { type: 'answer'; ask: number; problem: SentProblem | undefined }

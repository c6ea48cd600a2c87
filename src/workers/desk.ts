import { setMaxListeners } from 'node:events'
import { LRUCache } from 'lru-cache'
import type { ClusterSettings } from '../config/settings.ts'
import { type Clock, instant } from '../credentials/clock.ts'
import type { Credential } from '../credentials/credential.ts'
import type { CredentialKeeper } from '../credentials/keeper.ts'
import { Problem } from '../errors.ts'
import type { OwnCredentials } from '../upstream/own-credentials.ts'
import type {
  KeeperMessage,
  KeeperNote,
  KeeperQuestion,
  SentCredential,
  SentProblem,
  ToWorker,
  Where,
} from './messages.ts'

/** How many keepers of one worker are kept up to date. One that is not asks when it needs to know. */
const MAX_PLACES = 4_000
/** A login whose headers change with each answer is shown to the workers this often at most. */
const SESSION_MS = 20

/** A keeper of a worker, and the one that it stands for. */
interface Place {
  /** The worker's number for it. */
  number: number
  keeper: CredentialKeeper
  /** What the worker was sent last. */
  shown: { issue: string; credential: Credential } | undefined
  counter: Counter
}

/** The credentials by some settings. */
interface Edition {
  clusters: ReadonlyMap<string, ClusterSettings>
  credentials: OwnCredentials
}

export interface DeskOptions extends Edition {
  clock: Clock
}

/** Of so many settings before those in force, requests may still be on their way. */
const MAX_EDITIONS = 4

/** Where the workers get their credentials: answers them from the keepers, and tells them of what is new. */
export class Desk {
  readonly options: DeskOptions
  readonly #places = new WeakMap<CredentialKeeper, Set<Place>>()
  readonly #names = new WeakMap<CredentialKeeper, number>()
  /** Logins that were shown just now, and whether they have changed since. */
  readonly #shownSessions = new Map<CredentialKeeper, boolean>()
  #count = 0

  readonly #editions = new Map<number, Edition>()
  #edition = 0

  constructor(options: DeskOptions) {
    this.options = options
    this.#editions.set(0, options)
  }

  /** There are other settings; returns their number. */
  reload(edition: Edition): number {
    this.#editions.set(++this.#edition, edition)
    this.#editions.delete(this.#edition - MAX_EDITIONS)
    return this.#edition
  }

  /** The keeper that a worker means. @throws Problem if there is none any more */
  find({ edition, cluster, api, authorization }: Where): CredentialKeeper {
    const { clusters, credentials } = this.#editions.get(edition) ?? {}
    const settings = clusters?.get(cluster)
    if (credentials === undefined || settings === undefined)
      throw new Problem('credential-unavailable', 'The settings of that time are gone.', { retryAfterS: 1 })
    return credentials.keeperFor(settings, api)(authorization)
  }

  /** A place for a worker that is spoken to by `send`. */
  open(send: (message: ToWorker) => void): Counter {
    return new Counter(this, send)
  }

  /** Something happened to a keeper: whoever stands for it is told. */
  changed(keeper: CredentialKeeper): void {
    for (const place of this.placesOf(keeper)) place.counter.show(place)
  }

  placesOf(keeper: CredentialKeeper): Set<Place> {
    const places = this.#places.get(keeper) ?? new Set()
    this.#places.set(keeper, places)
    return places
  }

  /** What a credential is called, by keeper and generation. */
  issueOf(keeper: CredentialKeeper, { generation }: Credential): string {
    const name = this.#names.get(keeper) ?? ++this.#count
    this.#names.set(keeper, name)
    return `${name}.${generation}`
  }

  /** The headers of a login have changed. */
  sessionChanged(keeper: CredentialKeeper): void {
    if (this.#shownSessions.has(keeper)) {
      this.#shownSessions.set(keeper, true)
      return
    }
    this.#shownSessions.set(keeper, false)
    for (const place of this.placesOf(keeper)) place.counter.showSession(place)
    this.options.clock.setTimer(() => {
      const hasChanged = this.#shownSessions.get(keeper)
      this.#shownSessions.delete(keeper)
      if (hasChanged === true) this.sessionChanged(keeper)
    }, SESSION_MS)
  }
}

/** One worker's place at the desk. */
export class Counter {
  readonly #desk: Desk
  readonly #send: (message: ToWorker) => void
  readonly #gone = new AbortController()
  readonly #places = new LRUCache<number, Place>({
    max: MAX_PLACES,
    dispose: (place) => this.#desk.placesOf(place.keeper).delete(place),
  })

  constructor(desk: Desk, send: (message: ToWorker) => void) {
    this.#desk = desk
    this.#send = send
    // As many wait at it as there are keepers in need; Node would warn of more than ten.
    setMaxListeners(0, this.#gone.signal)
  }

  receive(message: KeeperMessage): void {
    if ('ask' in message) void this.#answer(message, message.ask)
    else this.#note(message)
  }

  /** The worker is gone: nothing is left of it. */
  close(): void {
    this.#gone.abort()
    this.#places.clear()
  }

  /** Sends the credential as it is now. */
  show(place: Place): void {
    const credential = place.keeper.peek()
    if (credential === undefined) return
    const issue = this.#desk.issueOf(place.keeper, credential)
    place.shown = { issue, credential }
    const sent = sentCredential(issue, credential, place.keeper.isOnTrial, this.#desk.options.clock.now())
    this.#send({ type: 'credential', keeper: place.number, credential: sent, sentAt: instant() })
  }

  showSession({ number, shown }: Place): void {
    const session = shown?.credential.session
    if (shown === undefined || session === undefined) return
    this.#send({ type: 'session', keeper: number, issue: shown.issue, ...sentHeaders(session) })
  }

  #note(message: KeeperNote): void {
    try {
      const place = this.#place(message)
      if (message.type === 'watch') this.#showNews(place)
      else if (message.type === 'used') place.keeper.current()
      else if (place.shown?.issue === message.issue) place.keeper.accept(place.shown.credential)
    } catch (error) {
      // A client that may not ask just now is told so when it does.
      if (!(error instanceof Problem)) throw error
    }
  }

  async #answer(question: KeeperQuestion, ask: number): Promise<void> {
    try {
      const place = this.#place(question)
      const { shown } = place
      if (question.type === 'obtain') await place.keeper.obtain(this.#gone.signal)
      else if (question.type === 'reject') await this.#reject(place, question.issue)
      else this.#observe(place, question.issue, question.rawHeaders)
      // Who asks has none that is good by its own clock, which may have seen a sleep that ours has not.
      if (question.type === 'obtain' && place.shown === shown) this.show(place)
      else this.#showNews(place)
      this.#send({ type: 'answer', ask, problem: undefined })
    } catch (error) {
      this.#send({ type: 'answer', ask, problem: sentProblem(error) })
    }
  }

  async #reject({ keeper, shown }: Place, issue: string): Promise<void> {
    if (shown?.issue === issue) {
      // It has been seen in the worker that a login is over.
      shown.credential.session?.isOver(401, undefined)
      await keeper.reject(shown.credential, this.#gone.signal)
    } else await keeper.obtain(this.#gone.signal)
  }

  #observe({ keeper, shown }: Place, issue: string, rawHeaders: readonly string[]): void {
    if (shown?.issue !== issue || shown.credential.session === undefined) return
    shown.credential.session.observe(rawHeaders)
    this.#desk.sessionChanged(keeper)
  }

  #showNews(place: Place): void {
    if (place.keeper.peek() !== place.shown?.credential) this.show(place)
  }

  /** The place of a worker's keeper, with the keeper as it is found now: one that had to make room comes back as another. */
  #place({ keeper: number, where }: { keeper: number; where: Where }): Place {
    const keeper = this.#desk.find(where)
    const known = this.#places.get(number)
    if (known?.keeper === keeper) return known
    const place: Place = { number, keeper, shown: undefined, counter: this }
    this.#places.set(number, place)
    this.#desk.placesOf(keeper).add(place)
    return place
  }
}

function sentCredential(
  issue: string,
  { headers, acquiredAt, renewAt, usableUntil, session }: Credential,
  isOnTrial: boolean,
  now: number,
): SentCredential {
  return {
    issue,
    headers,
    ageMs: now - acquiredAt,
    renewInMs: renewAt - now,
    usableForMs: usableUntil - now,
    isOnTrial,
    session: session && { ...sentHeaders(session), signs: session.signs },
  }
}

function sentHeaders(session: NonNullable<Credential['session']>) {
  return { safe: session.headersFor('GET'), unsafe: session.headersFor('POST') }
}

function sentProblem(error: unknown): SentProblem {
  if (!(error instanceof Problem))
    return {
      code: 'internal-error',
      detail: 'An unexpected error occurred.',
      retryAfterS: undefined,
      fault: 'this proxy',
    }
  const { code, message: detail, retryAfterS, fault } = error
  return { code, detail, retryAfterS, fault }
}

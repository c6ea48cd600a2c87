/** What a source hands out: headers ready to send, and how long they last if the server said so. */
export interface IssuedCredential {
  /** Name and value pairs, flat, names in lower case: `['authorization', 'Bearer …']`. */
  headers: readonly string[]
  /** Milliseconds from the moment the request for it was sent. */
  lifetimeMs: number
  /** When to ask again, if that is sooner than the lifetime would have it: it may be replaced before its time. */
  renewAfterMs?: number
  /** Set where the headers depend on the method and change with the cluster's answers: a login. Then `headers` are its first. */
  session?: Session
}

/** A login at the cluster. */
export interface Session {
  /** Name and value pairs to send with a request of this method, as of now. */
  headersFor(method: string): readonly string[]
  /** Takes over what an answer of the cluster says of the session: flat name and value pairs. */
  observe(rawHeaders: readonly string[]): void
  /** Whether this answer says that the session is over: a 401, or a redirect to the login page. */
  isOver(status: number, location: string | undefined): boolean
  /** By what `isOver` tells. */
  readonly signs: LoginSigns
}

/** How the end of a login is told from other answers of its cluster. */
export interface LoginSigns {
  /** The URL below which the requests are made. */
  api: string
  /** Paths, without a slash at their end, of the login pages that the cluster may send to. */
  loginPaths: readonly string[]
}

/** A credential as its keeper holds it. Instants are on the keeper's clock, in milliseconds. */
export interface Credential {
  headers: readonly string[]
  /** Counts up with each new credential, so that a refusal can be told from a refusal of an older one. */
  generation: number
  acquiredAt: number
  renewAt: number
  usableUntil: number
  session: Session | undefined
}

/** What a request needs of whoever keeps its credential: a keeper, or what stands for one in another process. */
export interface Keeper {
  /** The credential to send now, or undefined if there is none. Synchronous. */
  current(): Credential | undefined
  /** The same for who has asked already: it does not count as another use, and sets no renewal going. */
  usable(): Credential | undefined
  /** The current credential, else the next one. @throws Problem; the signal's reason if the caller left */
  obtain(signal?: AbortSignal): Promise<Credential>
  /** The cluster answered 401 to this credential: a newer one, or undefined if the 401 stands. */
  reject(refused: Credential, signal?: AbortSignal): Promise<Credential | undefined>
  /** The cluster took a request that carried this credential. */
  accept(accepted: Credential): void
}

/** Makes one attempt at getting a credential. Knows nothing of retries, schedules or other attempts. */
export interface CredentialSource {
  /** One attempt. Throws an AcquireError; honours the signal. */
  acquire(signal: AbortSignal): Promise<IssuedCredential>
  /** A digest of what the attempt depends on (the secret), to notice that it was corrected after a refusal. */
  fingerprint(): Promise<string>
  /** Who is asked for it, and so to blame if none comes; the identity provider, if nothing is said. */
  readonly asked?: 'cluster' | 'settings'
  /** It can only ever issue the same again, as with a password in the settings: a refusal is final. */
  readonly fixed?: boolean
  /** Gives back what it issued, as a logout does. Best effort: never rejects, takes 2 s at most. */
  retire?(): Promise<void>
}

/** Why an attempt failed, in words that are safe to log and to show to a caller. */
export interface AcquireFailure {
  /** A stable word for metrics and logs: `network`, `timeout`, `http-503`, `malformed`, `invalid_client`, … */
  code: string
  /** One sentence that names who was asked, what it did and the cause. Never holds a secret. */
  message: string
  /** True where trying again with the same secret is pointless (as by RFC 6749 section 5.2), so that it is done rarely. */
  refused: boolean
  /** The wait that who was asked wants (`Retry-After`), in milliseconds. */
  retryAfterMs?: number
  /** How long to wait, where the source knows better than the schedule: in milliseconds. */
  pauseMs?: number
  /** How many refusals in a row this one makes, with those before this process was started. */
  times?: number
}

/** One failed attempt. Carries no `cause`: the causes of HTTP clients hold whole responses, tokens included. */
export class AcquireError extends Error {
  override readonly name = 'AcquireError'
  readonly failure: AcquireFailure

  constructor(failure: AcquireFailure) {
    super(failure.message)
    this.failure = failure
  }
}

import type { Test } from 'tap'
import { parseBaseUrl } from '../../src/config/base-url.ts'
import { Secret } from '../../src/config/secrets.ts'
import { cookieSource } from '../../src/credentials/cookie.ts'
import type {
  AcquireFailure,
  CredentialSource,
  IssuedCredential,
  Session,
} from '../../src/credentials/credential.ts'
import { clusterDispatcher } from '../../src/upstream/dispatcher.ts'
import { connection, notes } from './connections.ts'
import { type CookieCluster, type CookieClusterOptions, cookieCluster } from './cookie-cluster.ts'
import { type Answer, type FakeCluster, fakeCluster } from './fake-cluster.ts'
import { failureOf } from './oauth-lab.ts'

export const PASSWORD = 'canary pass&+=ü'
export const IDLE_MS = 30 * 60_000

interface LabOptions {
  username?: string
  password?: Secret
  loginUrl?: string
}

interface Login {
  source: CredentialSource
  acquire(): Promise<IssuedCredential>
  /** The session of one attempt. */
  session(): Promise<Session>
  /** How one attempt fails, after a look for the password in all that it says. */
  failure(): Promise<AcquireFailure>
}

/** A source of logins at this address. */
export function loginAt(t: Test, address: string, options: LabOptions = {}): Login {
  const cluster = parseBaseUrl(address)
  if (typeof cluster === 'string') throw new Error(cluster)
  // It has no limits of its own that would pass for the source's.
  const dispatcher = clusterDispatcher(connection(), notes())
  t.teardown(() => dispatcher.destroy())
  const source = cookieSource({
    cluster,
    loginUrl: options.loginUrl === undefined ? undefined : new URL(options.loginUrl),
    username: options.username ?? 'the user',
    password: options.password ?? Secret.ofValue(PASSWORD),
    idleMs: IDLE_MS,
    dispatcher,
  })
  const acquire = () => source.acquire(new AbortController().signal)
  return {
    source,
    acquire,
    session: async () => sessionOf(await acquire()),
    failure: () => failureOf(acquire(), [PASSWORD]),
  }
}

/** A source of logins in front of a faithful cluster. */
export async function cookieLab(
  t: Test,
  options: CookieClusterOptions = {},
  lab: LabOptions = {},
): Promise<Login & { cluster: CookieCluster }> {
  const cluster = await cookieCluster({ username: 'the user', password: PASSWORD, ...options })
  t.teardown(() => cluster.close())
  return { cluster, ...loginAt(t, cluster.base, lab) }
}

/** A source of logins in front of a cluster that answers as it is told. */
export async function toldLab(
  t: Test,
  answer: Answer,
  lab: LabOptions = {},
): Promise<Login & { cluster: FakeCluster }> {
  const cluster = await fakeCluster(answer)
  t.teardown(() => cluster.close())
  return { cluster, ...loginAt(t, cluster.url, lab) }
}

function sessionOf({ session }: IssuedCredential): Session {
  if (session === undefined) throw new Error('there is no session')
  return session
}

/** Sends a request to the cluster as the gateway does: what the session has goes up, what the answer says is taken over. */
export async function send(
  session: Session,
  method: string,
  url: string,
): Promise<{ status: number; over: boolean }> {
  const response = await fetch(url, {
    method,
    headers: pairs(session.headersFor(method)),
    redirect: 'manual',
    ...(method === 'POST' ? { body: '{}' } : {}),
  })
  await response.arrayBuffer()
  session.observe([...response.headers].flat())
  const over = session.isOver(response.status, response.headers.get('location') ?? undefined)
  return { status: response.status, over }
}

/** The value of a header in a flat list. */
export function headerOf(headers: readonly string[], name: string): string | undefined {
  return pairs(headers).find(([each]) => each === name)?.[1]
}

/** What the requests were, in words: `POST /login`. */
export function lines({ seen }: FakeCluster): string[] {
  return seen.map(({ method, url }) => `${method} ${url}`)
}

function pairs(flat: readonly string[]): [string, string][] {
  return flat.flatMap((name, i): [string, string][] => (i % 2 === 0 ? [[name, flat[i + 1] ?? '']] : []))
}

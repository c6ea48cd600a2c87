import type { LoadedSettings } from '../config/load.ts'
import {
  type ApiSettings,
  type AuthSettings,
  type ClusterSettings,
  type ConnectionSettings,
  urlOf,
} from '../config/settings.ts'
import { systemClock } from '../credentials/clock.ts'
import type { CredentialSource, IssuedCredential } from '../credentials/credential.ts'
import { Pace } from '../credentials/pace.ts'
import { readSecret } from '../credentials/read-secret.ts'
import { makeSource } from '../credentials/sources.ts'
import { Connections } from '../upstream/connections.ts'
import { keysOf } from '../upstream/own-credentials.ts'
import { type Asking, identityFinding, readFinding, reads, topologyFinding } from './cluster-steps.ts'
import { connectionFinding } from './connection-step.ts'
import {
  attempt,
  claimsFinding,
  claimsIn,
  type Shape,
  secretIn,
  secretsIn,
  shapeFinding,
} from './credential-step.ts'
import { diagnose } from './diagnoses.ts'
import { clockOffset, Exchanges } from './exchanges.ts'
import { nameFinding } from './name-step.ts'
import { listenerFinding, settingsFinding } from './settings-step.ts'
import { type Finding, ok, type Plan, type Step, skipped } from './step.ts'
import { clockDiagnosis, isOff } from './symptoms.ts'

export interface CheckOptions {
  clusters: readonly ClusterSettings[]
  /** Longest that a step may take, in milliseconds. */
  timeoutMs: number
  onStart(plan: Plan): void
  onStep(step: Step): void
  /** The clock of this machine, in milliseconds since 1970. */
  now?: () => number
}

/** What a check found out, step by step. Holds no secret. */
export interface Report {
  /** No step has failed. */
  ok: boolean
  steps: readonly Step[]
}

/**
 * Goes the way of a request step by step, over the connections of the proxy. Each credential is asked for once, and a
 * login is logged out again. Never rejects for what it finds.
 */
export async function check(loaded: LoadedSettings, options: CheckOptions): Promise<Report> {
  const run = new Run(options)
  try {
    await run.proxy(loaded)
    for (const cluster of options.clusters) await run.cluster(cluster)
  } finally {
    await run.close()
  }
  return { ok: run.steps.every(({ status }) => status !== 'failed'), steps: run.steps }
}

/** A credential that was asked for. */
interface Got {
  issued: IssuedCredential | undefined
  cluster: string
  shape: Shape | undefined
}

type Act = (signal: AbortSignal) => Finding | Promise<Finding>

const NOTICES = { onRenewed() {}, onRenewalFailed() {} }

class Run {
  readonly steps: Step[] = []
  readonly #options: CheckOptions
  readonly #now: () => number
  readonly #exchanges: Exchanges
  readonly #connections = new Connections(NOTICES, systemClock())
  readonly #got = new Map<string, Got>()
  readonly #paces = new Map<string, Pace>()
  readonly #sources: CredentialSource[] = []

  constructor(options: CheckOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
    this.#exchanges = new Exchanges(this.#now)
  }

  async proxy(loaded: LoadedSettings): Promise<void> {
    await this.#step({ name: 'settings', tried: 'reading the settings' }, () => settingsFinding(loaded))
    await this.#step({ name: 'listener', tried: 'looking whether a proxy runs already' }, (signal) =>
      listenerFinding(loaded.settings, signal),
    )
  }

  async cluster(cluster: ClusterSettings): Promise<void> {
    const { name, apis, identityProvider } = cluster
    const { address, auth, connection } = apis.get('v2') as ApiSettings // always served
    const url = new URL(address.origin)
    const provider = 'identityProvider' in auth ? urlOf(auth.identityProvider) : undefined
    const isProviderUp =
      provider === undefined || (await this.#reach(name, 'identity provider', provider, identityProvider))
    const isClusterUp = await this.#reach(name, 'cluster', url, connection)
    const noWay =
      auth.strategy === 'COOKIE' && !isClusterUp ? 'cluster' : isProviderUp ? undefined : 'identity provider'
    const got = await this.#credential(cluster, auth, noWay)
    await this.#claims(name, auth, got)
    await this.#ask(cluster, got, isClusterUp)
    await this.#clock(
      name,
      [provider, url].filter((each) => each !== undefined),
    )
  }

  async close(): Promise<void> {
    await Promise.all(this.#sources.map((source) => source.retire?.()))
    this.#exchanges.close()
    await this.#connections.destroy()
  }

  /** Whether a connection came about. */
  async #reach(cluster: string, role: string, url: URL, settings: ConnectionSettings): Promise<boolean> {
    const { timeoutMs } = this.#options
    const target = hostOf(url)
    const name = { name: 'name', cluster, target, tried: `looking up the ${role}` }
    const isFound = (await this.#step(name, () => nameFinding(url, settings))).status !== 'failed'
    const plan = { name: 'connection', cluster, target, tried: `connecting to the ${role} at ${target}` }
    const act = () =>
      isFound
        ? connectionFinding(url, settings, { timeoutMs, now: this.#now })
        : skipped('The name was not found.')
    return (await this.#step(plan, act)).status !== 'failed' && isFound
  }

  async #credential(
    cluster: ClusterSettings,
    auth: ApiSettings['auth'],
    noWay: string | undefined,
  ): Promise<Got | undefined> {
    const plan = {
      name: 'credential',
      cluster: cluster.name,
      tried: `getting a credential (${auth.strategy})`,
    }
    if (auth.strategy === 'CALLER') {
      await this.#step(plan, () => skipped('Callers bring clients of their own (setting callerAuth).'))
      return undefined
    }
    const { connection } = cluster.apis.get('v2') as ApiSettings
    const { key, paceKey } = keysOf(auth, cluster.identityProvider, connection)
    const known = this.#got.get(key)
    if (known !== undefined) {
      await this.#step(plan, () =>
        known.issued === undefined
          ? skipped(`It is that of the cluster ${known.cluster}, and was asked for once already.`)
          : ok([`It is that of the cluster ${known.cluster}.`]),
      )
      return known
    }
    const got: Got = {
      issued: undefined,
      cluster: cluster.name,
      shape: await this.#shape(cluster.name, auth),
    }
    if (noWay === undefined) {
      const source = makeSource(auth, {
        cluster: this.#connections.to('cluster', connection),
        identityProvider: () => this.#connections.to('identity provider', cluster.identityProvider),
      })
      this.#sources.push(source)
      await this.#step(plan, (signal) => this.#attempt(source, auth, paceKey, got, signal))
    } else await this.#step(plan, () => skipped(`There is no connection to the ${noWay}.`))
    this.#got.set(key, got)
    return got
  }

  async #attempt(
    source: CredentialSource,
    auth: AuthSettings,
    paceKey: string,
    got: Got,
    signal: AbortSignal,
  ): Promise<Finding> {
    const url = askedOf(auth)
    await this.#slot(paceKey)
    const { finding, issued } = await attempt(source, auth.strategy, signal, () => ({
      host: url?.host ?? '',
      path: url?.pathname ?? '',
      shape: got.shape,
      offsetMs: url && this.#offsetMs(url),
      signs: auth.strategy === 'OAUTH' && auth.clientAuth.method === 'private_key_jwt',
    }))
    got.issued = issued
    return finding
  }

  /** At most one token request a second to each token URL. */
  async #slot(paceKey: string): Promise<void> {
    const pace = this.#paces.get(paceKey) ?? new Pace()
    this.#paces.set(paceKey, pace)
    const waitMs = pace.reserve(performance.now()) - performance.now()
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
    pace.sent(performance.now())
  }

  /** Looks at the secret, which has been read for that. */
  async #shape(cluster: string, auth: AuthSettings): Promise<Shape | undefined> {
    const found = secretIn(auth)
    if (found === undefined) return undefined
    const { what, secret } = found
    let shape: Shape | undefined
    await this.#step({ name: 'secret', cluster, tried: `looking at the shape of the ${what}` }, async () => {
      try {
        const text = await readSecret({ name: what, code: 'secret-unreadable' }, secret)
        const looked = shapeFinding(what, secret.origin, text)
        shape = looked.shape
        return looked.finding
      } catch (error) {
        const said = error instanceof Error ? error.message : 'It cannot be read.'
        return { status: 'failed', detail: [said], ...diagnose('secret-unreadable') }
      }
    })
    return shape
  }

  async #claims(cluster: string, auth: ApiSettings['auth'], got: Got | undefined): Promise<void> {
    if (auth.strategy !== 'OAUTH' && auth.strategy !== 'BEARER') return
    await this.#step({ name: 'claims', cluster, tried: 'reading what the token says' }, () =>
      got?.issued === undefined
        ? skipped('There is no token.')
        : claimsFinding(auth, claimsIn(got.issued), this.#now()),
    )
  }

  async #ask(cluster: ClusterSettings, got: Got | undefined, isUp: boolean): Promise<void> {
    const { address, auth, connection } = cluster.apis.get('v2') as ApiSettings
    const asking = got?.issued && {
      address,
      dispatcher: this.#connections.to('cluster', connection),
      issued: got.issued,
      isAnonymous: auth.strategy === 'NONE',
      secrets: [...secretsIn(got.issued), ...(await secretTexts(auth))],
      facts: () => this.#factsOf(new URL(address.origin), auth, got),
    }
    const first = isUp ? 'There is no credential.' : 'There is no connection to the cluster.'
    const step = (
      name: string,
      target: string,
      why: string | undefined,
      act: (asking: Asking, signal: AbortSignal) => Promise<Finding>,
    ) =>
      this.#step(
        { name, cluster: cluster.name, target, tried: `${name === 'read' ? 'POST' : 'GET'} ${target}` },
        (signal) => (why !== undefined || asking === undefined ? skipped(why ?? first) : act(asking, signal)),
      )
    const topology = await step(
      'topology',
      '/v2/topology',
      asking && isUp ? undefined : first,
      topologyFinding,
    )
    const why = topology.status === 'ok' ? undefined : 'The topology was not to be had.'
    await step('identity', '/v2/authentication/me', why, identityFinding)
    for (const read of reads)
      await step('read', read.path, why, (to, signal) => readFinding(to, read, signal))
  }

  #factsOf(cluster: URL, auth: ApiSettings['auth'], got: Got): ReturnType<Asking['facts']> {
    const isOAuth = auth.strategy === 'OAUTH'
    const aud = got.issued === undefined ? undefined : claimsIn(got.issued)?.aud
    const offsets = isOAuth ? [this.#offsetMs(urlOf(auth.identityProvider)), this.#offsetMs(cluster)] : []
    const [there, here] = offsets
    return {
      aud,
      isFresh: isOAuth,
      offsetMs: there === undefined || here === undefined ? undefined : there - here,
      // Who refuses it has seen it: an identity provider has not given a token for a wrong one.
      shape: isOAuth ? undefined : got.shape,
    }
  }

  async #clock(cluster: string, urls: readonly URL[]): Promise<void> {
    await this.#step({ name: 'clock', cluster, tried: 'comparing the clocks' }, () => {
      const known = urls.flatMap(({ origin, host }) => {
        const exchange = this.#exchanges.last(origin)
        const offset = exchange && clockOffset(exchange)
        return offset === undefined ? [] : [{ host, ...offset }]
      })
      if (known.length === 0) return skipped('Nobody told the time.')
      const detail = known.map(
        ({ host, offsetMs, uncertaintyMs }) =>
          `The clock of ${host} is ${(Math.abs(offsetMs) / 1_000).toFixed(1)} s ${offsetMs < 0 ? 'behind' : 'ahead'} (give or take ${(uncertaintyMs / 1_000).toFixed(1)} s).`,
      )
      const off = known.find(({ offsetMs }) => isOff(offsetMs))
      const facts = { clocks: known }
      return off === undefined
        ? ok(detail, facts)
        : { status: 'warning', detail, facts, ...clockDiagnosis(off.host, off.offsetMs) }
    })
  }

  #offsetMs({ origin }: URL): number | undefined {
    const exchange = this.#exchanges.last(origin)
    return exchange && clockOffset(exchange)?.offsetMs
  }

  /** Makes a step: tells of it before and after, and holds it to its time. */
  async #step(plan: Plan, act: Act): Promise<Step> {
    const { timeoutMs, onStart, onStep } = this.#options
    onStart(plan)
    const startedAt = performance.now()
    const finding = await inTime(plan, timeoutMs, act)
    const step = { ...plan, ...finding, tookMs: Math.round(performance.now() - startedAt) }
    this.steps.push(step)
    onStep(step)
    return step
  }
}

async function inTime({ target, tried }: Plan, timeoutMs: number, act: Act): Promise<Finding> {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Finding>((resolve) => {
    timer = setTimeout(() => {
      const detail = [`No end within ${timeoutMs / 1_000} s.`]
      resolve({ status: 'failed', detail, ...diagnose('timed-out', { host: target ?? tried }) })
      controller.abort(new Error('the step took too long'))
    }, timeoutMs)
  })
  try {
    return await Promise.race([late, Promise.resolve(act(controller.signal))])
  } catch (error) {
    // A defect in one step must not hide what the others find. Its message might quote what was read.
    const kind = error instanceof Error ? error.name : typeof error
    return { status: 'failed', detail: [`It failed inside this program (${kind}).`] }
  } finally {
    clearTimeout(timer)
  }
}

function hostOf({ protocol, hostname, port }: URL): string {
  return `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`
}

function askedOf(auth: AuthSettings): URL | undefined {
  if (auth.strategy === 'OAUTH') return urlOf(auth.identityProvider)
  return auth.strategy === 'COOKIE'
    ? (auth.loginUrl ?? new URL(auth.cluster.origin + auth.cluster.basePath))
    : undefined
}

/** What stands in the settings, to be kept out of what strangers say. */
async function secretTexts(auth: ApiSettings['auth']): Promise<string[]> {
  const found = auth.strategy === 'CALLER' ? undefined : secretIn(auth)
  const text = await found?.secret.read().catch(() => undefined)
  return text === undefined || text === '' ? [] : [text]
}

import { reachable } from '../config/call-line.ts'
import type { AuthSettings, Settings } from '../config/settings.ts'
import { ownVersion } from '../config/version.ts'
import { faultOf } from '../credentials/blame.ts'
import type { Clock } from '../credentials/clock.ts'
import type { CredentialSource } from '../credentials/credential.ts'
import type { KeeperEvent } from '../credentials/keeper.ts'
import { sum, type Tally } from '../gateway/tally.ts'
import { words } from '../log.ts'
import { clientLines } from './client-lines.ts'
import { clusterStatus, type FindKeeper } from './cluster-status.ts'
import { acquireProblem, ProblemList } from './problem-list.ts'
import { RequestsHistory, STEP_MS } from './requests-history.ts'
import type { ReloadResult, StatusSnapshot } from './status.ts'

/** What the board looks at. */
export interface BoardView {
  settings(): Settings
  find: FindKeeper
  tallies(): Promise<readonly Tally[]>
  listening(): string | undefined
  isDraining(): boolean
  reload?(): ReloadResult | undefined
}

/** Whose credential something happened to. */
export interface EventSource {
  cluster: string
  strategy: AuthSettings['strategy']
  source: CredentialSource
}

const MAX_CLUSTERS = 100

/** Keeps what a person wants to know who opens the status page: how it is, and how it was in the last minutes. */
export class StatusBoard {
  readonly #view: BoardView
  readonly #clock: Clock
  readonly #startedAt: number
  readonly #history = new RequestsHistory()
  readonly #problems = new ProblemList()
  #cancel = () => {}
  #isStopped = false

  constructor(view: BoardView, clock: Clock) {
    this.#view = view
    this.#clock = clock
    this.#startedAt = clock.now()
  }

  /** Begins to remember how requests went, step by step. */
  start(): void {
    void this.#step()
  }

  stop(): void {
    this.#isStopped = true
    this.#cancel()
  }

  /** Takes note of what has gone wrong with a credential. */
  note(event: KeeperEvent, { cluster, strategy, source }: EventSource): void {
    const now = this.#clock.now()
    const { name, refused, check } = words[strategy]
    if (event.type === 'failed') {
      const problem = acquireProblem(event.failure, faultOf(event.failure, source))
      this.#problems.note({ ...problem, cluster }, now)
    } else if (event.type === 'rejected') {
      const title = `The cluster refuses ${refused}`
      const cure = `Check ${check}; 401s are passed on.`
      this.#problems.note({ code: 'credential: rejected', title, cluster, fault: 'settings', cure }, now)
    } else if (event.type === 'renewal-forced') {
      const title = `The cluster refused a ${name} before its time`
      const cure = 'Nothing, if it does not go on: a new one was got.'
      this.#problems.note({ code: 'credential: renewed early', title, cluster, fault: 'cluster', cure }, now)
    }
  }

  async snapshot(): Promise<StatusSnapshot> {
    const { settings, listening, isDraining, reload, tallies } = this.#view
    const { problems } = sum(await tallies())
    const now = this.#clock.now()
    this.#problems.noteAnswers(problems, now)
    const [current, at, result] = [settings(), listening(), reload?.()]
    return {
      version: ownVersion(),
      uptimeMs: now - this.#startedAt,
      processes: current.workers,
      ...(at !== undefined && { listening: at }),
      isDraining: isDraining(),
      ...(result !== undefined && { reload: result }),
      ...this.#clusters(current, at),
      requests: { stepMs: STEP_MS, steps: this.#history.steps(now) },
      problems: this.#problems.list(now),
      clients: at === undefined ? [] : clientLines(current, at),
    }
  }

  #clusters({ clusters, defaultCluster }: Settings, listening = '') {
    const base = listening.startsWith('unix:') ? 'http://localhost' : reachable(listening)
    const others = [...clusters.values()].filter((cluster) => cluster !== defaultCluster)
    const shown = [defaultCluster, ...others].slice(0, MAX_CLUSTERS)
    return {
      clusters: shown.map((cluster) => {
        const isDefault = cluster === defaultCluster
        const place = isDefault ? base : `${base}/clusters/${cluster.name}`
        return clusterStatus(cluster, isDefault, place, this.#view.find)
      }),
      furtherClusters: others.length + 1 - shown.length,
    }
  }

  async #step(): Promise<void> {
    const total = sum(await this.#view.tallies())
    if (this.#isStopped) return
    this.#history.add(total, this.#clock.now())
    this.#problems.noteAnswers(total.problems, this.#clock.now())
    this.#cancel = this.#clock.setTimer(() => void this.#step(), STEP_MS)
  }
}

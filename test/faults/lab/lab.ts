/**
 * The fault lab: the built program between an identity provider and a cluster that can be told to misbehave, while
 * callers go on calling. `npm run test:faults` runs each table in test/faults and prints what came of it; `-- --long`
 * makes faults last as long as they do in life; further words choose groups (`-- idp`).
 *
 * To add a row, put an object into the table of its group, a file `test/faults/GROUP.fault.ts` that ends with
 * `faultTable('GROUP', rows)`. A row says
 * - `fault`: what happens, in a few words;
 * - `inject`: makes it happen, with what the Lab holds: `provider.answerWith`, `provider.gate.be`, `cluster.answerWith`,
 *   `program.child.kill`, …; `cold` if it is so before the program starts, else it begins while a good token is held;
 * - `lastsS`: for how long, `lasting(short, long)` seconds; then provider and cluster are mended, and `end` does the rest;
 * - `callers`: everything that callers may see from then on until it has healed; what ends in `?` need not occur;
 * - `tokenRequests`: how many the provider may get at most, from the beginning of the fault until it has healed;
 * - `onlyLong: true`, where another row of its kind is enough for the short form;
 * - `healed`, where callers that get their 200 again are not enough, and `heals: false`, where that takes minutes.
 * Beyond that every row shows that no token went out that had expired, that was not the provider's, or none at all, that
 * no call hung, that nothing secret was logged, and that the program goes on running and ends when it is told to.
 * Rows tell of outcomes and never of milliseconds: those are only printed.
 *
 * What does not fit a table (a flood of callers, say) uses `openLab` in a test of its own, and `record` for its line.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { clean } from '../../helpers/canaries.ts'
import type { Identity } from '../../helpers/certificate.ts'
import { programEnv, type RunningProgram, runProgram } from '../../helpers/program.ts'
import { CLIENT_SECRET } from '../../helpers/proxy.ts'
import { until } from '../../helpers/until.ts'
import { type Cluster, startCluster } from './cluster.ts'
import { type Call, callerSaw, type Load, startLoad } from './load.ts'
import { type Provider, startProvider } from './provider.ts'
import { counted, duration, record } from './record.ts'

export const LONG = process.env.FAULTS === 'long'

/** One of two numbers, by the form of the run. */
export const lasting = (short: number, long: number): number => (LONG ? long : short)

type Env = Record<string, string>

export interface LabOptions {
  /** For how many seconds the provider's tokens are good: 300, but 4 where a fault begins while one is held. */
  lifeS?: number
  /** How long the provider takes for an answer, in milliseconds. */
  providerTakesMs?: number
  callsPerSecond?: number
  /** Settings, once provider and cluster are there. */
  env?: (parts: { provider: Provider; cluster: Cluster }, t: Test) => Env | Promise<Env>
  args?: readonly string[]
  /** Certificates, for https. */
  providerIdentity?: Identity
  clusterIdentity?: Identity
  /** Makes one call, and says what came of it; a GET without it. */
  call?: (proxyUrl: string, lab: Lab) => Promise<string>
}

export interface Lab {
  provider: Provider
  cluster: Cluster
  /** The program, once it was started. */
  program(): RunningProgram
  /** Starts it, and returns where it listens. */
  start(): Promise<{ url: string; adminUrl: string }>
  load(): Load
  /** Begins to call. */
  startLoad(): Load
  /** Lines of its log whose message holds this text. */
  logged(text: string): Record<string, unknown>[]
}

export interface Row extends LabOptions {
  fault: string
  onlyLong?: boolean
  cold?: boolean
  inject(lab: Lab, t: Test): void | Promise<void>
  lastsS?: number
  end?(lab: Lab, t: Test): void | Promise<void>
  callers: readonly string[]
  tokenRequests: number
  healed?: (lab: Lab, endedAt: number) => boolean
  heals?: boolean
  /** What else is to be seen when all is over. */
  also?(t: Test, lab: Lab): void | Promise<void>
}

/** A token that is held ends soon, so that it shows what comes of that. */
const [LIFE_S, HELD_LIFE_S] = [300, 4]
const CALLS_PER_SECOND = 10
const LASTS_S = 2
/** Against a row that hangs. */
const LONGEST_ROW_MS = 240_000
/** Less than what the program waits after it was refused. */
const LONGEST_HEALING_MS = lasting(20, 60) * 1_000
/** Longest that callers may take to see what a fault does. */
const LONGEST_DELAY_MS = 20_000
/** What healing takes at most on a machine that is not busy. */
const HEALS_WITHIN_MS = 4_000
/** The provider is not asked more often than that. */
const PACE_MS = 1_000
/** Answers in a row that mean that it has healed. */
const GOOD_CALLS = 3

/** Runs each row as a test, several at a time. */
export function faultTable(group: string, rows: readonly Row[], atOnce = 4): void {
  t.jobs = atOnce
  for (const [place, row] of rows.entries()) {
    if (!row.fault.includes(process.env.FAULT ?? '') || (row.onlyLong === true && !LONG)) continue
    t.test(row.fault, { buffered: true, timeout: LONGEST_ROW_MS }, (t) => runRow(t, { group, place }, row))
  }
}

/** Provider and cluster, and a program that has not been started yet. All end with the test. */
export async function openLab(t: Test, options: LabOptions): Promise<Lab> {
  const provider = await startProvider(
    options.lifeS ?? LIFE_S,
    options.providerTakesMs ?? 0,
    options.providerIdentity,
  )
  t.teardown(() => provider.close())
  const cluster = await startCluster(provider, options.clusterIdentity)
  t.teardown(() => cluster.close())
  const started = { program: unset<RunningProgram>('program'), load: unset<Load>('load'), url: '' }
  const lab: Lab = {
    provider,
    cluster,
    program: () => started.program(),
    load: () => started.load(),
    async start() {
      const env = {
        ...programEnv(cluster.url, provider.tokenUrl),
        ...(await options.env?.({ provider, cluster }, t)),
      }
      const program = runProgram(t, ['start', ...(options.args ?? [])], env)
      started.program = () => program
      const { listening, admin } = await program.line('listening on')
      started.url = String(listening)
      return { url: String(listening), adminUrl: String(admin) }
    },
    startLoad() {
      const { call = (url: string) => callerSaw(`${url}/v2/topology`) } = options
      const load = startLoad(() => call(started.url, lab), options.callsPerSecond ?? CALLS_PER_SECOND)
      t.teardown(() => load.stop())
      started.load = () => load
      return load
    },
    logged: (text) =>
      started
        .program()
        .stdout()
        .split('\n')
        .filter((line) => line.startsWith('{') && line.includes(text))
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  }
  return lab
}

async function runRow(t: Test, { group, place }: { group: string; place: number }, row: Row): Promise<void> {
  const lab = await openLab(t, { lifeS: row.cold === true ? LIFE_S : HELD_LIFE_S, ...row })
  if (row.cold === true) await row.inject(lab, t)
  const startedAt = performance.now()
  await lab.start()
  const load = lab.startLoad()
  if (row.cold !== true) {
    await until(() => load.calls.some(({ saw }) => saw === '200'), 'the first call was answered')
    await row.inject(lab, t)
  }
  const [beganAt, askedBefore] = row.cold === true ? [0, 0] : [performance.now(), requestsFor(lab)]
  const calls = () => load.calls.filter(({ at }) => at >= beganAt)
  const startMs = row.cold === true ? performance.now() - startedAt : 0
  const lateMs = startMs + (await fault(row, calls))
  await Promise.all([lab.provider.mend(), lab.cluster.mend()])
  await row.end?.(lab, t)
  const endedAt = performance.now()
  const hasHealed = row.heals === false || (await healing(lab, row, endedAt))
  const slowMs = Math.max(0, performance.now() - endedAt - HEALS_WITHIN_MS)
  const tokenRequests = requestsFor(lab) - askedBefore
  await load.stop()

  record(group, {
    place,
    fault: row.fault,
    callers: counted(calls()),
    slowest: duration(Math.max(...calls().map(({ ms }) => ms))),
    tokenRequests: String(tokenRequests),
    healsAfter: healsAfter(row, hasHealed, load, endedAt),
  })
  showsWhatCallersSaw(t, row, calls())
  const most = row.tokenRequests + Math.floor((lateMs + slowMs) / PACE_MS)
  t.ok(tokenRequests <= most, `${tokenRequests} token requests: ${most} at most`)
  t.ok(hasHealed, 'it heals')
  await row.also?.(t, lab)
  await showsWhatEveryRowShows(t, lab)
}

/**
 * Lets the fault last until its time is over and callers have seen all that they are to see of it, as on a machine that
 * is busy it may take a while to begin. Returns by how many milliseconds that was longer than planned.
 */
async function fault({ lastsS = LASTS_S, callers }: Row, calls: () => readonly Call[]): Promise<number> {
  const planned = performance.now() + lastsS * 1_000
  await sleep(lastsS * 1_000)
  const awaited = callers.filter((saw) => saw !== '200' && !saw.endsWith('?'))
  const isSeen = () => awaited.every((saw) => calls().some((call) => call.saw === saw))
  while (!isSeen() && performance.now() < planned + LONGEST_DELAY_MS) await sleep(20)
  return Math.max(0, performance.now() - planned)
}

function showsWhatCallersSaw(t: Test, { callers }: Row, calls: readonly Call[]): void {
  const seen = new Set(calls.map(({ saw }) => saw))
  const expected = new Set(callers.map((saw) => saw.replace(/\?$/, '')))
  const required = callers.filter((saw) => !saw.endsWith('?'))
  t.same(
    [...seen].filter((saw) => !expected.has(saw)),
    [],
    `callers see ${[...expected].join(', ')} and nothing else`,
  )
  t.same(
    required.filter((saw) => !seen.has(saw)),
    [],
    `callers see ${required.join(', ')}`,
  )
}

/** What is to be seen when a program has gone through faults, whichever they were; ends it. */
export async function showsWhatEveryRowShows(t: Test, lab: Lab): Promise<void> {
  const { expired, unknown, missing } = lab.cluster.seen
  t.same({ expired, unknown, missing }, { expired: 0, unknown: 0, missing: 0 }, 'no bad token went out')
  const program = lab.program()
  t.equal(program.child.exitCode ?? program.child.signalCode, null, 'the program runs')
  program.child.kill('SIGTERM')
  t.equal(await program.ended, 0, 'it ends when it is told to')
  clean(t, program.stdout() + program.stderr(), [CLIENT_SECRET, ...lab.provider.tokens()])
  t.same(lab.logged('"internal"').concat(lab.logged('"fatal"')), [], 'it has not failed itself')
}

/** Token requests as the provider counted them, or as the program did where they did not reach the provider. */
function requestsFor(lab: Lab): number {
  const ended = ['token acquired', 'token renewed', 'no new token'].flatMap((text) => lab.logged(text))
  return Math.max(lab.provider.asked(), ended.length)
}

async function healing(lab: Lab, row: Row, endedAt: number): Promise<boolean> {
  const isGood = () => {
    const last = lab
      .load()
      .calls.filter(({ at }) => at >= endedAt)
      .slice(-GOOD_CALLS)
    return last.length === GOOD_CALLS && last.every(({ saw }) => saw === '200')
  }
  while (performance.now() < endedAt + LONGEST_HEALING_MS) {
    if (isGood() && (row.healed?.(lab, endedAt) ?? true)) return true
    await sleep(20)
  }
  return false
}

function healsAfter(row: Row, hasHealed: boolean, { calls }: Load, endedAt: number): string {
  if (row.heals === false) return 'not waited for'
  if (!hasHealed) return 'NOT HEALED'
  const lastTrouble = Math.max(...calls.filter(({ saw }) => saw !== '200').map(({ at }) => at))
  if (lastTrouble === Number.NEGATIVE_INFINITY) return 'nobody noticed'
  const first = calls.filter(({ at, saw }) => saw === '200' && at > lastTrouble).map(({ at, ms }) => at + ms)
  return duration(Math.max(0, Math.min(...first) - endedAt))
}

function unset<T>(what: string): () => T {
  return () => {
    throw new Error(`there is no ${what} yet`)
  }
}

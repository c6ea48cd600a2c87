import type { IncomingMessage, RequestListener } from 'node:http'
import t, { type Test } from 'tap'
import { until } from '../../helpers/until.ts'
import { type Lab, openLab, showsWhatEveryRowShows } from './lab.ts'
import { type Call, callerSaw } from './load.ts'
import { counted, duration, record } from './record.ts'

/** What a cluster does to a request that reached it, with a good token; what else happens is as usual. */
export interface BadAnswer {
  fault: string
  answer: RequestListener
  /** Makes one call, with these headers; a GET without it. */
  call?: (url: string, headers: Record<string, string>) => Promise<string>
  /** All that callers see; what ends in `?` need not occur. */
  callers: readonly string[]
  /** How often the cluster sees one call at most; once without it. */
  sends?: number
}

const ROUNDS = 3
const AT_ONCE = 4
/** A call has one number, by which the cluster knows it again. */
const NUMBER = 'x-call'
const LONGEST_MS = 240_000
/** So long that no answer of a cluster's has anything to do with the end of a token. */
const TOKEN_LIFE_S = 3_600

let calls = 0

/** Runs the faults one after another through one program: none of them costs a token, or harms the call that comes next. */
export function answerTable(group: string, faults: readonly BadAnswer[]): void {
  t.test('answers', { buffered: true, timeout: LONGEST_MS }, async (t) => {
    const lab = await openLab(t, { lifeS: TOKEN_LIFE_S })
    const { url } = await lab.start()
    await until(() => lab.provider.asked() === 1, 'there is a token')
    for (const fault of faults.filter(({ fault }) => fault.includes(process.env.FAULT ?? '')))
      await t.test(fault.fault, (t) => play(t, group, lab, url, fault))
    t.equal(lab.provider.asked(), 1, 'one token was asked for')
    await showsWhatEveryRowShows(t, lab)
  })
}

async function play(t: Test, group: string, lab: Lab, url: string, bad: BadAnswer): Promise<void> {
  const { fault, answer, call = callWith, callers, sends: most = 1 } = bad
  const askedBefore = lab.provider.asked()
  // So that one of the calls comes over a connection that has been used: only those can be lost to an end of it.
  await callerSaw(`${url}/v2/topology`)
  const sends = new Map<string, number>()
  const open = new Set<IncomingMessage>()
  lab.cluster.answerWith((request, response) => {
    open.add(request)
    response.once('close', () => open.delete(request))
    const number = String(request.headers[NUMBER])
    sends.set(number, (sends.get(number) ?? 0) + 1)
    answer(request, response)
  })
  const made: Call[] = []
  for (let round = 0; round < ROUNDS; round++)
    made.push(...(await Promise.all(Array.from({ length: AT_ONCE }, () => timed(url, call)))))
  await until(() => open.size === 0, 'nothing is left open at the cluster')
  await lab.cluster.mend()
  const next = await callerSaw(`${url}/v2/topology`)
  const tokenRequests = lab.provider.asked() - askedBefore
  record(group, {
    fault,
    callers: counted(made),
    slowest: duration(Math.max(...made.map(({ ms }) => ms))),
    tokenRequests: String(tokenRequests),
    healsAfter: next === '200' ? 'the next call' : 'NOT HEALED',
  })
  const seen = new Set(made.map(({ saw }) => saw))
  const allowed = callers.map((saw) => saw.replace('?', ''))
  t.same(
    [...seen].filter((saw) => !allowed.includes(saw)),
    [],
    `callers see ${allowed.join(', ')} and nothing else`,
  )
  for (const saw of callers.filter((one) => !one.endsWith('?'))) t.ok(seen.has(saw), `callers see ${saw}`)
  t.equal(sends.size, made.length, 'the cluster sees each call')
  t.ok(Math.max(...sends.values()) <= most, `one call comes ${most} times at most`)
  t.equal(next, '200', 'the next call is answered')
  t.equal(tokenRequests, 0, 'no token is asked for')
}

function callWith(url: string, headers: Record<string, string>): Promise<string> {
  return callerSaw(url, { headers })
}

async function timed(url: string, call: NonNullable<BadAnswer['call']>): Promise<Call> {
  const at = performance.now()
  const saw = await call(`${url}/v2/topology`, { [NUMBER]: String(++calls) })
  return { at, ms: performance.now() - at, saw }
}

import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { Test } from 'tap'
import { fakeIdp, tokens } from './fake-idp.ts'
import { type ProxyOptions, type RunningProxy, runProxy } from './proxy.ts'
import { openSocket } from './raw-http.ts'
import { BARRIER, echo, type RecordingCluster, recordingCluster } from './recording-cluster.ts'
import { readStrictly, type StrictRequest, valuesOf } from './strict-http.ts'

/** An answer as a caller gets it. */
export interface CallerAnswer {
  status: number
  /** The cluster's word, and not the proxy's. */
  isClusters: boolean
  /** The code of the proxy's problem. */
  problem: string | undefined
  body: string
}

/** What became of the bytes that one caller sent on one connection. */
export interface Outcome {
  answers: CallerAnswer[]
  /** What the caller got behind the last answer that could be read. */
  unread: string
  closed: boolean
  seen: StrictRequest[]
  brokenOff: StrictRequest[]
  faults: string[]
}

export interface BytesLab {
  proxy: RunningProxy
  cluster: RecordingCluster
  /** Sends bytes on a connection of their own, each piece once nothing more comes of those before it, and so the last. */
  send(pieces: readonly string[]): Promise<Outcome>
}

/** What the cluster must find in `Authorization`. */
export const CREDENTIAL = 'Bearer token-1'

/** The whole proxy in front of a cluster that records what it gets. */
export async function bytesLab(
  t: Test,
  options: Omit<ProxyOptions, 'clusterUrl' | 'tokenUrl'> = {},
): Promise<BytesLab> {
  const idp = await fakeIdp(tokens(86_400))
  t.teardown(() => idp.close())
  const cluster = await recordingCluster()
  t.teardown(() => cluster.close())
  const proxy = await runProxy(t, { ...options, clusterUrl: cluster.url, tokenUrl: idp.tokenUrl })
  const barrier = await makeBarrier(proxy.port)
  t.teardown(() => barrier.close())
  return {
    proxy,
    cluster,
    async send(pieces) {
      const from = {
        seen: cluster.seen.length,
        broken: cluster.brokenOff.length,
        faults: cluster.faults.length,
      }
      const socket = await openSocket(proxy.port)
      // Else a piece waits until the one before it has been acknowledged.
      socket.setNoDelay(true)
      const got = { text: '', closed: false }
      socket.on('data', (chunk) => {
        got.text += chunk.toString('latin1')
      })
      socket.once('close', () => {
        got.closed = true
      })
      const state = () => `${got.text.length} ${got.closed} ${cluster.seen.length} ${cluster.open()}`
      for (const piece of pieces) {
        await new Promise((resolve) => socket.write(piece, 'latin1', resolve))
        if (pieces.length > 1) await settled(barrier, state)
      }
      await settled(barrier, state)
      const { closed } = got
      socket.destroy()
      while (cluster.open() > 0) await barrier.pass()
      const { requests, partial } = readStrictly(pieces.join(''), { lenientStart: true })
      const methods = [...requests, ...(partial === undefined ? [] : [partial])].map((one) => one.method)
      return {
        ...readAnswers(got.text, methods),
        closed,
        seen: cluster.seen.slice(from.seen),
        brokenOff: cluster.brokenOff.slice(from.broken),
        faults: cluster.faults.slice(from.faults),
      }
    },
  }
}

interface Barrier {
  /** Once it has passed, whatever was sent before has been read, and what came of it has been sent on. */
  pass(): Promise<void>
  close(): void
}

/** A caller beside the hostile one, whose requests go the whole way and whose answers must be its own. */
async function makeBarrier(port: number): Promise<Barrier> {
  const socket: Socket = await openSocket(port)
  socket.setNoDelay(true)
  const expected = `GET ${BARRIER}`
  return {
    async pass() {
      socket.write(`${expected} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
      let text = ''
      while (!text.endsWith(`\r\n\r\n${expected}`)) {
        const [chunk] = (await once(socket, 'data')) as [Buffer]
        text += chunk.toString('latin1')
        if (/\r\n\r\n.{12}/s.test(text) && !text.endsWith(expected))
          throw new Error(`another caller got ${text}`)
      }
    },
    close: () => socket.destroy(),
  }
}

async function settled(barrier: Barrier, state: () => string): Promise<void> {
  for (let unchanged = 0, before = state(); unchanged < 2; ) {
    await barrier.pass()
    const now = state()
    unchanged = now === before && !isConnecting() ? unchanged + 1 : 0
    before = now
  }
}

/** A connection is being made, for a request that the barrier may have overtaken. */
function isConnecting(): boolean {
  return process.getActiveResourcesInfo().includes('TCPConnectWrap')
}

/** Reads the answers to requests of these methods, one after another; interim ones are passed over. */
function readAnswers(text: string, methods: readonly string[]): Pick<Outcome, 'answers' | 'unread'> {
  const answers: CallerAnswer[] = []
  let rest = text
  for (;;) {
    const end = rest.indexOf('\r\n\r\n')
    const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(rest) ?? []
    if (end === -1 || status === undefined) return { answers, unread: rest }
    const head = rest.slice(0, end + 2)
    rest = rest.slice(end + 4)
    if (status.startsWith('1')) continue
    // Of a HEAD that could not be read, nobody knows that it is one.
    const hasBody = methods[answers.length] !== 'HEAD' || rest.startsWith('{"type":')
    const length = hasBody ? Number(/\r\ncontent-length: (\d+)\r\n/i.exec(head)?.[1] ?? 0) : 0
    const body = rest.slice(0, length)
    rest = rest.slice(length)
    const problem = /urn:camunda-auth-proxy:problem:([\w-]+)/.exec(body)?.[1]
    const isClusters = head.includes('\r\nX-Cluster: saw it\r\n')
    if (isClusters === head.toLowerCase().includes('\r\nproxy-status: ')) throw new Error(`who says ${head}?`)
    answers.push({ status: Number(status), isClusters, problem, body })
  }
}

/** Headers that must not get through to the cluster, whoever sent them, with hyphens or underscores. */
const NEVER_UP =
  /^(?:cookie|proxy-(?:authorization|connection|authenticate|authentication-info)|te|trailer|upgrade|expect|keep-alive|forwarded|x-forwarded-.*|http2-settings|x-csrf-token|x-camunda-proxy-token)$/i

/** What is wrong with a request that the cluster saw, by itself. */
export function faultsOf(request: StrictRequest, { host, token }: { host: string; token: string }): string[] {
  const all = (name: string) => valuesOf(name, request)
  const faults: string[] = []
  const hold = (holds: boolean, what: string) => holds || faults.push(`${what}: ${JSON.stringify(request)}`)
  hold(request.version === '1.1', 'it is HTTP/1.1')
  hold(same(all('authorization'), [token]), 'it has our credential, and no other')
  hold(same(all('host'), [host]), 'it is for the cluster, and for nobody else')
  hold(same(all('connection'), ['keep-alive']), 'its connection is ours to say')
  hold(
    !request.headers.some(([name]) => NEVER_UP.test(name.replaceAll('_', '-'))),
    'nothing passed that is not for the cluster',
  )
  hold(
    all('via').filter((via) => via.includes('camunda-auth-proxy')).length === 1,
    'it came through here once',
  )
  const target = targetFault(request.target)
  hold(target === undefined, `${target}`)
  return faults
}

/** How servers are known to read a path: each of these may stand behind us, in any order and more than once. */
const READINGS: Record<string, (path: string) => string> = {
  'as it is': (path) => path,
  decoded: lenientlyDecoded,
  'backslashes for slashes': (path) => path.replaceAll('\\', '/'),
  'without path parameters': (path) => path.replace(/;[^/]*/g, ''),
  'without NUL and what follows': (path) => path.split('\0', 1)[0] ?? '',
  'without blanks': (path) => path.replace(/[\t\r\n]/g, ''),
  'of the same shape': (path) => path.normalize('NFKC'),
  'as the Web does': (path) => new URL(path, 'http://cluster').pathname,
}

/** Decodes bytes, overlong forms of ASCII (RFC 3629 section 3), and what JavaScript's escape() makes. */
function lenientlyDecoded(path: string): string {
  const bytes = path
    .replace(/%u([\da-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/%c([01])%([89ab][\da-f])/gi, (_, high: string, low: string) =>
      String.fromCharCode((Number(high) << 6) | (Number.parseInt(low, 16) & 0x3f)),
    )
    .replace(/%e0%([89])([\da-f])%([89ab][\da-f])/gi, (_, high: string, middle: string, low: string) =>
      String.fromCharCode(
        ((((Number(high) << 4) | Number.parseInt(middle, 16)) & 0x3f) << 6) |
          (Number.parseInt(low, 16) & 0x3f),
      ),
    )
  try {
    return decodeURIComponent(bytes)
  } catch {
    return bytes.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  }
}

/** Where dots lead to. */
function resolved(path: string): string {
  const stack: string[] = []
  for (const segment of path.split('/').slice(1)) {
    if (segment === '..') stack.pop()
    else if (segment !== '.' && segment !== '') stack.push(segment)
  }
  return `/${stack.join('/')}`
}

const ROUNDS = 3

/** Why some reading of a target does not end below `/v2`; undefined if every one does. */
export function targetFault(target: string): string | undefined {
  const path = target.split('?', 1)[0] ?? ''
  if (!/^\/v2(?:\/|$)/.test(path)) return `${target} is not below /v2`
  let forms = new Map([[path, 'as it is']])
  const known = new Set(forms.keys())
  for (let round = 0; round < ROUNDS * 2; round++) {
    const next = new Map<string, string>()
    for (const [form, how] of forms) {
      if (!/^\/v2(?:\/|$)/.test(resolved(form))) return `${target} leads to ${resolved(form)}, read ${how}`
      for (const [name, read] of Object.entries(READINGS)) {
        const text = read(form)
        if (!known.has(text)) next.set(text, `${how}, ${name}`)
        known.add(text)
      }
    }
    forms = next
  }
  return undefined
}

/** The hosts that the proxy answers for, as they stand in its documentation. */
const HOSTS = /^(?:localhost\.?|127\.0\.0\.1\.?|\[(?:::|(?:0{1,4}:){7})0{0,3}1\])(?::\d{1,5})?$/i

/** Whether a request, of itself, may be sent on; written down once more, from what is promised. */
export function mayPass(request: StrictRequest): boolean {
  const all = (name: string) => valuesOf(name, request)
  const [host, ...others] = all('host')
  return (
    /^1\.[01]$/.test(request.version) &&
    host !== undefined &&
    others.length === 0 &&
    HOSTS.test(host) &&
    all('origin').length === 0 &&
    all('sec-fetch-site').every((site) => site === 'none') &&
    !/^(?:TRACE|CONNECT)$/.test(request.method) &&
    targetFault(sentOn(request.target)) === undefined
  )
}

/** What is sent on of a target: a doubled prefix goes. */
function sentOn(target: string): string {
  return target.replace(/^\/+(?:v2\/+)*v2(?=[/?]|$)/, '/v2')
}

function same(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && one.every((value, i) => value === other[i])
}

/**
 * What must hold for every connection, whatever was sent on it; each sentence that does not, as a text.
 *
 * The cluster sees nothing but what was let through: each request that it saw is one that a strict reader finds among
 * the bytes that were sent, its body included, and may pass. Each answer of the cluster's answers its own request.
 */
export function violations(
  sent: string,
  outcome: Outcome,
  cluster: { host: string; token: string },
): string[] {
  const { requests, partial, fault } = readStrictly(sent, { lenientStart: true })
  const { answers, seen, brokenOff, faults, unread } = outcome
  const wrong = [...faults, ...[...seen, ...brokenOff].flatMap((request) => faultsOf(request, cluster))]
  const hold = (holds: boolean, what: string) =>
    holds || wrong.push(`${what}: ${JSON.stringify({ sent, outcome })}`)
  const begun = partial === undefined ? requests : [...requests, partial]
  const left = begun.filter(mayPass)
  for (const request of seen)
    hold(
      take(left, (one) => requests.includes(one) && isSame(one, request)),
      'the cluster saw what was not let through',
    )
  for (const request of brokenOff)
    hold(
      take(left, (one) => isBeginning(one, request)),
      'the cluster saw the beginning of what was not let through',
    )
  hold(unread === '', 'an answer could not be read')
  const echoes = begun.filter(mayPass).map((one) => echo({ ...one, target: sentOn(one.target) }))
  for (const { body, isClusters } of answers)
    if (isClusters && body !== '') hold(skipTo(echoes, body), 'an answer was given to another request')
  hold(
    answers.filter(({ isClusters }) => isClusters).length <= seen.length,
    'an answer of the cluster came twice',
  )
  if (fault !== undefined) hold(outcome.closed, `the connection stayed open, though ${fault}`)
  // What is refused need not have come whole.
  else if (!outcome.closed)
    hold(answers.length === requests.length || answers.length === begun.length, 'each request has its answer')
  return wrong
}

function take<T>(list: T[], fits: (one: T) => boolean): boolean {
  const at = list.findIndex(fits)
  if (at !== -1) list.splice(at, 1)
  return at !== -1
}

function skipTo(list: string[], text: string): boolean {
  const at = list.indexOf(text)
  list.splice(0, at + 1)
  return at !== -1
}

function isSame(sent: StrictRequest, seen: StrictRequest): boolean {
  return isBeginning(sent, seen) && sent.body === seen.body
}

function isBeginning(sent: StrictRequest, seen: StrictRequest): boolean {
  return sent.method === seen.method && sentOn(sent.target) === seen.target && sent.body.startsWith(seen.body)
}

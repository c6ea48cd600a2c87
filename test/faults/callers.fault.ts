/**
 * What callers can do. A steady load goes on meanwhile and has to be served, and afterwards everything is where it was:
 * the program's handles, and what is open at the cluster.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { get, type RequestListener } from 'node:http'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { requestHead } from '../helpers/raw-http.ts'
import { until } from '../helpers/until.ts'
import { type Lab, LONG, lasting, openLab } from './lab/lab.ts'
import { counted, duration, record } from './lab/record.ts'

const MIB = 2 ** 20
const GROUP = 'callers'
/** What a token's end does is shown elsewhere. */
const TOKEN_LIFE_S = 300
/** A renewal is open at one moment and not at another. */
const HANDLES_MARGIN = 3
/** How many may wait for a credential, and how many more come: few, since nobody waits for longer than 10 s. */
const [WAITING, TOO_MANY] = [1_000, lasting(200, 1_000)]
/** Connections to the cluster and to the provider are kept for 4 s. */
const SETTLES_MS = 30_000
const LONGEST_MS = 240_000
const PATIENCE_MS = 20_000
/** What the kernel and a few buffers hold of an answer that nobody reads, and what a busy heap needs. */
const ROOM_OF_ONE = 8 * MIB

interface Scene {
  lab: Lab
  port: number
  pid: number
  /** Requests that the cluster has begun and neither answered nor seen broken off. */
  open(): number
  /** Opens a connection and sends something on it; the text is what has come back. */
  caller(bytes: string): Promise<{ socket: Socket; text(): string; closed(): boolean }>
}

/** What came of it, for the table: what these callers saw. */
type Act = (scene: Scene, t: Test) => Promise<string>

t.jobs = 3

function row(fault: string, act: Act): void {
  t.test(fault, { buffered: true, timeout: LONGEST_MS }, async (t) => {
    const lab = await openLab(t, { lifeS: TOKEN_LIFE_S, call: calling })
    let open = 0
    lab.cluster.answerWith((request, response) => {
      open++
      response.once('close', () => open--)
      answer(request, response)
    })
    const { url } = await lab.start()
    await until(() => lab.logged('token acquired').length > 0, 'there is a token')
    const port = Number(new URL(url).port)
    const pid = lab.program().child.pid ?? 0
    const before = handles(pid)
    const load = lab.startLoad()
    const caller = async (bytes: string) => {
      const socket = connect(port, '127.0.0.1')
      t.teardown(() => socket.destroy())
      let [text, isClosed] = ['', false]
      socket.on('error', () => {})
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1')
      })
      socket.once('close', () => {
        isClosed = true
      })
      await new Promise((resolve) => socket.once('connect', resolve).once('error', resolve))
      socket.write(bytes)
      return { socket, text: () => text, closed: () => isClosed }
    }
    const saw = await act({ lab, port, pid, open: () => open, caller }, t)
    await load.stop()
    const endedAt = performance.now()
    const hasReturned = () => handles(pid) <= before + HANDLES_MARGIN && open === 0
    while (!hasReturned() && performance.now() < endedAt + SETTLES_MS) await sleep(100)
    const healsAfter = duration(performance.now() - endedAt)
    record(GROUP, {
      fault,
      callers: `${saw}; the others ${counted(load.calls)}`,
      slowest: duration(Math.max(...load.calls.map(({ ms }) => ms))),
      tokenRequests: String(lab.provider.asked()),
      healsAfter,
    })
    t.same([...new Set(load.calls.map(({ saw }) => saw))], ['200'], 'the others are served')
    t.ok(handles(pid) <= before + HANDLES_MARGIN, `${handles(pid)} handles, ${before} before`)
    t.equal(open, 0, 'nothing is open at the cluster')
    t.same(lab.cluster.seen.expired + lab.cluster.seen.unknown + lab.cluster.seen.missing, 0)
    lab.program().child.kill('SIGTERM')
    t.equal(await lab.program().ended, 0, 'it ends when it is told to')
  })
}

/** Never answers a long poll, is slow if asked to be, never ends an answer of which there is half or no end, and takes every upload. */
const answer: RequestListener = (request, response) => {
  request.resume()
  request.on('error', () => {})
  if (request.url?.includes('activation')) return
  if (request.url?.includes('slow')) return void setTimeout(() => response.end('{}'), 1_000)
  if (request.url?.includes('half')) return void response.write(Buffer.alloc(64 * 1024))
  if (request.url?.includes('endless')) {
    const more = () => {
      while (response.write(Buffer.alloc(64 * 1024)));
    }
    response.on('drain', more)
    more()
    return
  }
  request.once('end', () => response.end('{}'))
}

const COUNT = lasting(100, 400)
const long = '/v2/jobs/activation'
const upload = `${requestHead('POST', '/v2/documents', ['Content-Length: 1000000'])}only the beginning`
const stages: Record<string, string> = {
  'before the head is whole': 'GET /v2/topology HTTP/1.1\r\nHost: local',
  'behind the head': requestHead('POST', '/v2/documents', ['Content-Length: 1000000']),
  'within a body': upload,
  'while the cluster thinks': requestHead('POST', long, ['Content-Length: 0']),
  'within an answer': requestHead('GET', '/v2/half'),
  'with requests waiting behind each other': requestHead('GET', long).repeat(20),
}

for (const [stage, bytes] of Object.entries(stages))
  row(`${COUNT} leave ${stage}`, async ({ caller, open }) => {
    const count = stage.includes('waiting') ? COUNT / 20 : COUNT
    const callers = await Promise.all(Array.from({ length: count }, () => caller(bytes)))
    if (stage.startsWith('before')) await sleep(500)
    else await until(() => open() >= COUNT, 'all have come to the cluster')
    for (const [at, { socket }] of callers.entries())
      at % 2 === 0 ? socket.destroy() : socket.resetAndDestroy()
    return 'nothing'
  })

row(`${lasting(1_000, 10_000)} connections that say nothing`, idleConnections)
row('heads that come a byte at a time', slowHeads)
row('answers that nobody reads', unreadAnswers)
row('thousands of requests behind each other', flood)

// By itself: those who wait are patient for 10 s, and all have to be there by then.
t.test(
  `${(WAITING + TOO_MANY).toLocaleString('en')} at a cold start, and the provider takes its time`,
  { timeout: LONGEST_MS },
  coldStart,
)

async function coldStart(t: Test): Promise<void> {
  const lab = await openLab(t, { lifeS: TOKEN_LIFE_S })
  const held: (() => void)[] = []
  lab.provider.answerWith((...request) => held.push(() => lab.provider.good(...request)))
  const { url } = await lab.start()
  const before = handles(lab.program().child.pid ?? 0)
  const calls = Array.from({ length: WAITING + TOO_MANY }, () => ({ at: 0, ms: 0, saw: '' }))
  const answered = calls.map(async (call) => {
    call.saw = await calling(url)
  })
  const refused = () => calls.filter(({ saw }) => saw === '503 credential-unavailable').length
  await until(() => refused() >= TOO_MANY, 'for whom there is no room are told at once')
  t.equal(calls.filter(({ saw }) => saw === '').length, WAITING, 'a thousand wait')
  await lab.provider.mend()
  for (const release of held) release()
  await Promise.all(answered)
  const endedAt = performance.now()
  t.equal(calls.filter(({ saw }) => saw === '200').length, WAITING, 'and are served')
  t.ok(lab.provider.asked() <= 2, `${lab.provider.asked()} token requests`)
  await until(() => handles(lab.program().child.pid ?? 0) <= before + HANDLES_MARGIN, 'handles return')
  const [callers, healsAfter] = [counted(calls), duration(performance.now() - endedAt)]
  const tokenRequests = String(lab.provider.asked())
  record(GROUP, { fault: t.name, callers, slowest: '', tokenRequests, healsAfter })
}

/** A call over a connection of its own, so that none is kept by a caller that is through. */
function calling(url: string): Promise<string> {
  return new Promise((resolve) => {
    const call = get(`${url}/v2/topology`, { agent: false }, (answer) => {
      let text = ''
      answer.on('error', () => {})
      answer.on('data', (chunk) => {
        text += String(chunk)
      })
      answer.once('close', () => {
        const problem = /urn:camunda-auth-proxy:problem:([\w-]+)/.exec(text)?.[1]
        resolve(`${answer.statusCode}${problem === undefined ? '' : ` ${problem}`}`)
      })
    })
    call.once('error', ({ message }) => resolve(message))
    call.setTimeout(PATIENCE_MS, () => call.destroy(new Error('no answer')))
  })
}

async function idleConnections({ pid, port, caller }: Scene, t: Test): Promise<string> {
  const before = memory(pid)
  const count = lasting(1_000, 10_000)
  const idle: Awaited<ReturnType<typeof caller>>[] = []
  while (idle.length < count) idle.push(...(await Promise.all(Array.from({ length: 100 }, () => caller('')))))
  await sleep(1_000)
  const perConnection = Math.round((memory(pid) - before) / count / 1_024)
  t.equal(idle.filter(({ closed }) => closed()).length, 0, 'all are held')
  t.equal(await calling(`http://127.0.0.1:${port}`), '200', 'a new caller is served')
  for (const { socket } of idle) socket.destroy()
  return `nothing (${perConnection} KiB each)`
}

async function slowHeads({ caller }: Scene, t: Test): Promise<string> {
  const slow = await Promise.all(
    Array.from({ length: COUNT }, () => caller('GET /v2/topology HTTP/1.1\r\nX: ')),
  )
  const drip = setInterval(() => {
    for (const { socket } of slow) if (socket.writable) socket.write('x')
  }, 500)
  try {
    // Node ends a head after 60 s, and looks every 5 s.
    await sleep(lasting(2_000, 70_000))
  } finally {
    clearInterval(drip)
  }
  if (LONG) {
    t.equal(slow.filter(({ text }) => text().includes(' 408 ')).length, COUNT, 'each is told')
    t.equal(slow.filter(({ closed }) => closed()).length, COUNT, 'and ended')
  }
  for (const { socket } of slow) socket.destroy()
  return LONG ? `${COUNT} × 408 request-timeout` : 'nothing yet'
}

async function unreadAnswers({ pid, caller, open }: Scene, t: Test): Promise<string> {
  const before = memory(pid)
  const readers = await Promise.all(Array.from({ length: 20 }, () => caller('')))
  for (const { socket } of readers) socket.pause().write(requestHead('GET', '/v2/endless'))
  await until(() => open() >= readers.length, 'all are answered')
  await sleep(lasting(2_000, 20_000))
  const each = (memory(pid) - before) / readers.length
  t.ok(each < ROOM_OF_ONE, `${Math.round(each / 1_024)} KiB each`)
  for (const { socket } of readers) socket.destroy()
  return `the beginning (${Math.round(each / 1_024)} KiB each)`
}

async function flood({ caller, open }: Scene, t: Test): Promise<string> {
  const depth = lasting(2_000, 20_000)
  const callers = await Promise.all(
    Array.from({ length: 5 }, () => caller(requestHead('GET', '/v2/slow').repeat(depth))),
  )
  await sleep(1_000)
  t.ok(open() <= 5 * 64 + 10, `${open()} are open at the cluster`)
  for (const { socket } of callers) socket.resetAndDestroy()
  return 'nothing'
}

function handles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

function memory(pid: number): number {
  return 1_024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}

/**
 * What a cluster can do wrong: with the connections to it, with its certificate and its address, and with an answer. None
 * of it is the token's fault, and none costs one; only a 401 does.
 */
import { createServer, type RequestListener, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import type { Test } from 'tap'
import { certificateAuthority } from '../helpers/certificate.ts'
import { silentAt } from '../helpers/silent-port.ts'
import { answerTable, type BadAnswer } from './lab/answers.ts'
import { faultTable, type Lab, LONG, lasting, type Row } from './lab/lab.ts'
import { callerSaw } from './lab/load.ts'
import { type Names, nameService } from './lab/names.ts'

const BROKE_OFF = '502 upstream-broke-off'
const UNREACHABLE = '502 upstream-unreachable'
const CUT = 'broken off (UND_ERR_SOCKET)'
const LEFT = 'no answer'
/** So that no token ends by itself while a row runs. */
const LONG_LIFE = { lifeS: 3_600, tokenRequests: 0 }
const PATIENCE_MS = 400
const LARGE = 'x'.repeat(4 * 1024 * 1024)

type End = (socket: Socket) => void

const closes: End = (socket) => socket.end()
const resets: End = (socket) => socket.resetAndDestroy()
const goesOn: End = () => {}

/** Answers with these bytes, whatever they are, and then does that to the connection. */
const bytes =
  (text: string, end: End = closes): RequestListener =>
  (request, { socket }) => {
    request.resume()
    if (socket === null) return
    if (text === '') end(socket)
    // What is reset at once may take with it what was sent before.
    else socket.write(Buffer.from(text, 'latin1'), () => setTimeout(end, 20, socket))
  }

const head = (...lines: string[]) => `${['HTTP/1.1 200 OK', ...lines].join('\r\n')}\r\n\r\n`
const WHOLE = `${head('Content-Length: 5', 'Connection: close')}whole`
const CHUNKED = head('Transfer-Encoding: chunked')

const ok: RequestListener = (request, response) => {
  request.resume().once('end', () => response.end('whole'))
}

/** Serves one request on each connection; as the second comes, does that to it. */
const onceEach = (end: End): RequestListener => {
  const used = new WeakSet<Socket>()
  return (request, response) => {
    const { socket } = request
    if (used.has(socket)) return end(socket)
    used.add(socket)
    ok(request, response)
  }
}

const post =
  (body: string): NonNullable<BadAnswer['call']> =>
  (url, headers) =>
    callerSaw(url, { method: 'POST', headers, body })

/** Callers who leave once the cluster has heard of them, and what it does then. */
function leaving(body?: string): Pick<BadAnswer, 'answer' | 'call'> {
  const callers = new Map<string, AbortController>()
  const number = (headers: Record<string, unknown>) => String(headers['x-call'])
  return {
    answer(request) {
      setTimeout(() => callers.get(number(request.headers))?.abort(), 50)
      // That an upload is over is heard by who reads on.
      setTimeout(() => request.resume(), 100)
    },
    call(url, headers) {
      const caller = new AbortController()
      callers.set(number(headers), caller)
      const upload = body === undefined ? {} : { method: 'POST', body }
      return callerSaw(url, { headers, signal: caller.signal, ...upload })
    },
  }
}

const EXHAUSTED = '{"type":"about:blank","title":"RESOURCE_EXHAUSTED","status":503,"detail":"busy"}'

/** The status, if the answer is what the cluster said, byte for byte. */
const backpressure: NonNullable<BadAnswer['call']> = async (url, headers) => {
  const answer = await fetch(url, { method: 'POST', headers, body: '{}' })
  const isAsSaid = (await answer.text()) === EXHAUSTED && answer.headers.get('proxy-status') === null
  return isAsSaid ? String(answer.status) : 'something else'
}

const dripping: RequestListener = (_request, response) => {
  const body = 'byte by byte'
  response.writeHead(200, { 'content-length': body.length })
  let sent = 0
  const timer = setInterval(
    () => {
      response.write(body.charAt(sent++))
      if (sent < body.length) return
      clearInterval(timer)
      response.end()
    },
    lasting(40, 1_000),
  )
}

/** Takes little of an upload at a time. */
const reluctant: RequestListener = (request, response) => {
  request.on('data', () => {
    request.pause()
    setTimeout(() => request.resume(), 5)
  })
  request.once('end', () => response.end('whole'))
}

/** Interim answers without end, as fast as they are taken. */
const interims: RequestListener = (_request, { socket }) => {
  const more = () => {
    while (socket?.writable === true && socket.write('HTTP/1.1 102 Processing\r\n\r\n'.repeat(100)));
  }
  socket?.on('drain', more)
  more()
}

/** A head without end, as fast as it is taken. */
const endless: RequestListener = (_request, { socket }) => {
  const more = () => {
    while (socket?.writable === true && socket.write('X-Flood: 12345678\r\n'.repeat(100)));
  }
  socket?.write('HTTP/1.1 200 OK\r\n')
  socket?.on('drain', more)
  more()
}

const answers: BadAnswer[] = [
  { fault: 'resets before an answer', answer: bytes('', resets), callers: [BROKE_OFF], sends: 2 },
  { fault: 'closes before an answer', answer: bytes('', closes), callers: [BROKE_OFF], sends: 2 },
  {
    fault: 'resets before an answer to a POST',
    answer: bytes('', resets),
    call: post('{}'),
    callers: [BROKE_OFF],
  },
  {
    fault: 'closes idle connections just as a GET is sent',
    answer: onceEach(closes),
    callers: ['200'],
    sends: 2,
  },
  { fault: 'resets them just as a GET is sent', answer: onceEach(resets), callers: ['200'], sends: 2 },
  {
    fault: 'closes them just as a POST is sent',
    answer: onceEach(closes),
    call: post('{}'),
    callers: ['200', BROKE_OFF],
  },
  {
    fault: 'resets within the head',
    answer: bytes('HTTP/1.1 200 OK\r\nContent-', resets),
    callers: [BROKE_OFF],
  },
  { fault: 'closes within the head', answer: bytes('HTTP/1.1 200 OK\r\nContent-'), callers: [BROKE_OFF] },
  { fault: 'resets after the head', answer: bytes(head('Content-Length: 9'), resets), callers: [CUT] },
  {
    fault: 'sends half of a body with a length',
    answer: bytes(`${head('Content-Length: 9')}half`),
    callers: [CUT],
  },
  { fault: 'sends half of a body in chunks', answer: bytes(`${CHUNKED}9\r\nhalf`), callers: [CUT] },
  { fault: 'leaves the last chunk out', answer: bytes(`${CHUNKED}4\r\nhalf\r\n`), callers: [CUT] },
  { fault: 'sends garbage', answer: bytes('SSH-2.0-OpenSSH_9.2\r\n', goesOn), callers: [BROKE_OFF] },
  {
    fault: 'sends two lengths',
    answer: bytes(`${head('Content-Length: 5', 'Content-Length: 6')}whole`),
    callers: [BROKE_OFF],
  },
  {
    fault: 'sends 100, 102 and 103 before its answer',
    answer: bytes(
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n${WHOLE}`,
    ),
    callers: ['200'],
  },
  { fault: 'sends 102 without end', answer: interims, callers: [BROKE_OFF] },
  {
    fault: 'switches protocols unasked',
    answer: bytes('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n'),
    callers: [BROKE_OFF],
  },
  {
    fault: 'sends trailers',
    answer: bytes(
      `${head('Transfer-Encoding: chunked', 'Connection: close')}5\r\nwhole\r\n0\r\nA: b\r\n\r\n`,
    ),
    callers: ['200'],
  },
  {
    fault: 'sends trailers without end',
    answer: bytes(`${CHUNKED}5\r\nwhole\r\n0\r\n${'A: b\r\n'.repeat(9_000)}`, goesOn),
    callers: [CUT],
  },
  {
    fault: 'sends 20,000 headers',
    answer: bytes(head(...Array(20_000).fill('A: b')), goesOn),
    callers: [BROKE_OFF],
  },
  {
    fault: 'sends one header of 100 KiB',
    answer: bytes(head(`A: ${'b'.repeat(100 * 1024)}`), goesOn),
    callers: [BROKE_OFF],
  },
  { fault: 'sends a head without end', answer: endless, callers: [BROKE_OFF] },
  {
    fault: 'answers an upload before it has come',
    answer: (_request, response) => void response.writeHead(413).end('{}'),
    call: post(LARGE),
    callers: ['413'],
  },
  { fault: 'reads an upload slowly', answer: reluctant, call: post(LARGE), callers: ['200'] },
  { fault: `answers with a byte ${lasting(40, 1_000)} ms apart`, answer: dripping, callers: ['200'] },
  { fault: 'never answers, and callers leave', ...leaving(), callers: [LEFT] },
  { fault: 'does not read an upload, and callers leave', ...leaving(LARGE), callers: [LEFT] },
  {
    fault: 'answers 503 with backpressure',
    answer: (request, response) => {
      request.resume()
      response
        .writeHead(503, { 'content-type': 'application/problem+json', 'retry-after': '1' })
        .end(EXHAUSTED)
    },
    call: backpressure,
    callers: ['503'],
  },
]

const authority = certificateAuthority()
const identity = authority.server()
const trusting = {
  ...LONG_LIFE,
  clusterIdentity: identity,
  env: (_parts: unknown, t: Test) => ({
    CAMUNDA_MTLS_CA_PATH: join(t.testdir({ 'ca.pem': authority.cert }), 'ca.pem'),
  }),
}

/** New connections get this certificate, and there are to be new ones. */
const swap =
  (certificate = authority.other('elsewhere.test')) =>
  async ({ cluster }: Lab) => {
    cluster.gate.show(certificate)
    await cluster.gate.be('reset')
    await cluster.gate.be('open')
  }

/** Its name leads to another address a second after the old one has gone. */
function moving(): Row {
  const parts: { names?: Names; elsewhere?: Server } = {}
  let served = 0
  return {
    ...LONG_LIFE,
    fault: 'moves: its name has another address',
    lastsS: 2,
    env({ cluster }, t) {
      parts.names = nameService(t, { 'cluster.test': '127.0.0.1' })
      return {
        ...parts.names.env,
        ZEEBE_REST_ADDRESS: `http://cluster.test:${cluster.gate.port}`,
        CAMUNDA_PROXY_ALLOW_PLAIN_HTTP: 'cluster.test',
      }
    },
    async inject({ cluster, provider }, t) {
      const elsewhere = createServer((request, response) => {
        if (provider.judge(request.headers.authorization).verdict === 'good') served++
        response.end('{"ok":true}')
      })
      await new Promise<void>((resolve) => elsewhere.listen(cluster.gate.port, '127.0.0.2', resolve))
      t.teardown(() => void elsewhere.close().closeAllConnections())
      await cluster.gate.be('refused')
      setTimeout(() => parts.names?.are({ 'cluster.test': '127.0.0.2' }), 1_000)
    },
    // Nobody is at the old address any more.
    end: ({ cluster }) => cluster.gate.be('refused'),
    healed: () => served > 0,
    callers: ['200', UNREACHABLE, `${BROKE_OFF}?`],
  }
}

/** Takes as long as it takes to give up: ten seconds. */
const silence: Row[] = [
  {
    ...LONG_LIFE,
    fault: 'does not take connections and does not refuse them',
    cold: true,
    env: async (_parts, t) => ({ ZEEBE_REST_ADDRESS: `http://127.0.0.1:${await silentAt(t, '127.0.0.1')}` }),
    inject: () => {},
    lastsS: 12,
    heals: false,
    callers: ['504 upstream-timeout'],
    tokenRequests: 1,
  },
]

const unauthorized: RequestListener = (request, response) => {
  request.resume()
  response.writeHead(401, { 'content-type': 'application/json' }).end('{"status":401}')
}

const rows: Row[] = [
  {
    ...LONG_LIFE,
    fault: 'refuses connections',
    lastsS: lasting(2, 24),
    inject: ({ cluster }) => cluster.gate.be('refused'),
    callers: ['200', UNREACHABLE, `${BROKE_OFF}?`],
  },
  {
    ...LONG_LIFE,
    fault: 'resets connections as they come',
    inject: ({ cluster }) => cluster.gate.be('reset'),
    callers: ['200', `${UNREACHABLE}?`, BROKE_OFF],
  },
  {
    ...LONG_LIFE,
    fault: 'takes connections and requests, and says nothing; callers leave',
    inject: ({ cluster }) => cluster.gate.be('silent'),
    call: (url) => callerSaw(`${url}/v2/topology`, { signal: AbortSignal.timeout(PATIENCE_MS) }),
    end: ({ cluster }) => cluster.gate.be('open'),
    callers: ['200', LEFT],
  },
  moving(),
  {
    ...trusting,
    fault: 'shows a wrong certificate on new connections',
    inject: swap(),
    end: swap(identity),
    callers: ['200', UNREACHABLE, `${BROKE_OFF}?`],
  },
  {
    ...trusting,
    fault: 'shows a certificate that has expired on new connections',
    onlyLong: true,
    inject: swap(authority.expiredServer()),
    end: swap(identity),
    callers: ['200', UNREACHABLE, `${BROKE_OFF}?`],
  },
  {
    ...trusting,
    fault: 'shows a wrong certificate while connections go on',
    inject: ({ cluster }) => cluster.gate.show(authority.other('elsewhere.test')),
    end: ({ cluster }) => cluster.gate.show(identity),
    callers: ['200'],
  },
  {
    fault: 'answers 401 to every token',
    lifeS: 3_600,
    lastsS: lasting(4, 30),
    callsPerSecond: 20,
    inject: ({ cluster }) => cluster.answerWith(unauthorized),
    callers: ['200', '401'],
    tokenRequests: lasting(5, 10),
  },
  ...(LONG ? silence : []),
]

answerTable('cluster', answers)
faultTable('cluster', rows)

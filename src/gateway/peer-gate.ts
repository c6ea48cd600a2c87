import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../errors.ts'
import { type FindUid, uidFinder } from './peer-uid.ts'

/** How long somebody who is refused has for a request, and for reading the answer to it. */
const LINGER_MS = 1_000

/** What the requests of a connection are refused with; null if they are not. */
type Verdict = Problem | null

const JUDGED = Symbol('judged')

interface Judged extends Socket {
  [JUDGED]?: { by: PeerGate; verdict: Verdict | Promise<Verdict> }
}

/** Lets connections through by the user who made them. */
export interface PeerGate {
  readonly allowed: ReadonlySet<number>
  /** Begins to find out about a connection that has just been made. */
  watch(socket: Socket): void
  /** A promise until it is known; of a connection that was made before there was this gate, it finds out now. */
  verdict(socket: Socket): Verdict | Promise<Verdict>
}

/**
 * A gate for these users of the machine, by their ids. A connection is looked up once, and its verdict stays with it,
 * unless another gate takes the place of this one.
 * Who cannot be found (on another machine, in another network namespace, gone already) is refused. Who is refused is
 * cut off a second later.
 *
 * What counts is who made the socket: not who has inherited it since, nor who stands behind a forwarder.
 */
export function peerGate(allowed: ReadonlySet<number>, findUid: FindUid = uidFinder()): PeerGate {
  const judge = async (socket: Judged): Promise<Verdict> => {
    const uid = await findUid(socket)
    // Was the connection reset before it was looked up, another user may have connected from the same port since.
    // That reset has been heard of when all that the event loop holds ready now has been seen to.
    await new Promise((resolve) => setImmediate(resolve))
    const verdict = uid !== undefined && allowed.has(uid) && !isGone(socket) ? null : refusal(uid)
    if (verdict !== null) cutOffSoon(socket)
    socket[JUDGED] = { by: gate, verdict }
    return verdict
  }
  const begin = (socket: Judged): Promise<Verdict> => {
    const verdict = judge(socket)
    socket[JUDGED] = { by: gate, verdict }
    return verdict
  }
  const gate: PeerGate = {
    allowed,
    watch: begin,
    verdict(socket: Judged) {
      const judged = socket[JUDGED]
      return judged?.by === gate ? judged.verdict : begin(socket)
    },
  }
  return gate
}

/** Has the gate of a request, if it has one, come before all other checks of a server. */
export function addPeerGate(
  app: FastifyInstance,
  gateOf: (request: FastifyRequest) => PeerGate | undefined,
  refuse: (request: FastifyRequest, reply: FastifyReply, problem: Problem) => void,
): void {
  app.addHook('onRequest', (request, reply, done) => {
    const gate = gateOf(request)
    if (gate === undefined) return done()
    const { socket } = request.raw
    const go = (verdict: Verdict) => {
      if (verdict === null) done()
      // The caller has left, whoever that was.
      else if (isGone(socket)) reply.hijack()
      else refuse(request, reply, verdict)
    }
    const verdict = gate.verdict(socket)
    if (verdict instanceof Promise) verdict.then(go).catch(done)
    else go(verdict)
  })
}

/** A reset behind a request looks as if the caller had closed its half; so who does that before it is known has left, too. */
function isGone(socket: Socket): boolean {
  return socket.destroyed || socket.readableEnded
}

function cutOffSoon(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS)
  socket.once('close', () => clearTimeout(timer))
}

function refusal(uid: number | undefined): Problem {
  const why =
    uid === undefined
      ? 'It cannot be told which user of this machine made the connection.'
      : `The connection was made by a process of the user ${uid}.`
  return new Problem('user-not-allowed', why)
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../credentials/clock.ts'

/** More of one connection are not under way at once: else a single caller could take every connection to the cluster. */
const MAX_AT_ONCE = 64
/** Of a connection that is not read it is not heard that the caller has left. */
const UNREAD_MS = 60_000

type Take = (request: IncomingMessage, response: ServerResponse) => void

/**
 * Takes requests, of one connection no more than 64 at once: what is pipelined beyond (RFC 9112 section 9.3.2) waits
 * for its turn, and the connection is not read meanwhile. It is closed when nothing is
 * answered for a minute. `before` is the answer ahead of this one on its connection.
 */
export function takeInTurn(
  clock: Clock,
  take: Take,
): (request: IncomingMessage, response: ServerResponse, before: ServerResponse | undefined) => void {
  const lanes = new WeakMap<Socket, Lane>()
  return (request, response, before) => {
    if (before === undefined || before.writableFinished) {
      take(request, response)
      return
    }
    const { socket } = request
    let lane = lanes.get(socket)
    if (lane === undefined) {
      lane = new Lane(clock, socket, () => lanes.delete(socket))
      lane.begin(before)
      lanes.set(socket, lane)
    }
    lane.add(response, () => take(request, response))
  }
}

/** The requests of a connection whose caller did not wait for the answer before. It ends when all are answered. */
class Lane {
  readonly #clock: Clock
  readonly #socket: Socket
  readonly #onEmpty: () => void
  readonly #waiting: (() => void)[] = []
  #underWay = 0
  #cancelTimer: (() => void) | undefined

  constructor(clock: Clock, socket: Socket, onEmpty: () => void) {
    this.#clock = clock
    this.#socket = socket
    this.#onEmpty = onEmpty
    socket.on('resume', this.#holdBack)
    socket.once('close', this.#letGo)
  }

  add(response: ServerResponse, take: () => void): void {
    const begin = () => {
      this.begin(response)
      take()
    }
    if (this.#underWay < MAX_AT_ONCE) begin()
    else this.#waiting.push(begin)
    this.#holdBack()
  }

  begin(response: ServerResponse): void {
    this.#underWay++
    response.once('close', this.#onAnswered)
  }

  readonly #onAnswered = (): void => {
    this.#underWay--
    this.#letGo()
    // Nobody is there any more to be answered.
    if (this.#socket.destroyed) this.#waiting.length = 0
    this.#waiting.shift()?.()
    if (this.#waiting.length > 0) this.#holdBack()
    else this.#socket.resume()
    if (this.#underWay > 0) return
    this.#socket.off('resume', this.#holdBack)
    this.#socket.off('close', this.#letGo)
    this.#onEmpty()
  }

  /** Again and again: Node reads on whenever an answer is finished. */
  readonly #holdBack = (): void => {
    if (this.#waiting.length === 0 || this.#socket.destroyed) return
    this.#socket.pause()
    const { bytesWritten } = this.#socket
    this.#cancelTimer ??= this.#clock.setTimer(() => {
      this.#letGo()
      if (this.#socket.bytesWritten === bytesWritten) this.#socket.destroy()
      else this.#holdBack()
    }, UNREAD_MS)
  }

  readonly #letGo = (): void => {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** More of one connection are not under way at once: else a single caller could take every connection to the cluster. */
const MAX_AT_ONCE = 64

type Take = (request: IncomingMessage, response: ServerResponse) => void

/**
 * Takes requests, of one connection no more than 64 at once: what is pipelined beyond (RFC 9112 section 9.3.2) waits
 * for its turn, and the connection is not read meanwhile. `before` is the answer ahead of this one on its connection.
 */
export function takeInTurn(
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
      lane = new Lane(socket, () => lanes.delete(socket))
      lane.begin(before)
      lanes.set(socket, lane)
    }
    lane.add(response, () => take(request, response))
  }
}

/** The requests of a connection whose caller did not wait for the answer before. It ends when all are answered. */
class Lane {
  readonly #socket: Socket
  readonly #onEmpty: () => void
  readonly #waiting: (() => void)[] = []
  #underWay = 0

  constructor(socket: Socket, onEmpty: () => void) {
    this.#socket = socket
    this.#onEmpty = onEmpty
    socket.on('resume', this.#holdBack)
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
    this.#waiting.shift()?.()
    if (this.#waiting.length > 0) return
    this.#socket.resume()
    if (this.#underWay > 0) return
    this.#socket.off('resume', this.#holdBack)
    this.#onEmpty()
  }

  /** Node reads on whenever an answer is finished. */
  readonly #holdBack = (): void => {
    if (this.#waiting.length > 0) this.#socket.pause()
  }
}

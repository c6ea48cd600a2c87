import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Takes requests that ask for another protocol as ordinary ones (RFC 9110 section 7.8): each is read a second time, without
 * the field that asks. Node does as much by itself, but loses whatever came in one piece with such a request; what comes
 * next, be it the body of another, is then read as a request. `isFree` tells whether all answers on a connection are out;
 * one that still has to answer is closed, since Node lets go of those answers.
 */
export function ignoreUpgrades(server: Server, isFree: (socket: Socket) => boolean): void {
  server.on('upgrade', (request: IncomingMessage, socket: Socket, rest: Buffer) => {
    if (socket.destroyed || !isFree(socket)) {
      socket.destroy()
      return
    }
    socket.unshift(Buffer.concat([Buffer.from(headOf(request), 'latin1'), rest]))
    server.emit('connection', socket)
  })
}

function headOf({ method, url, httpVersion, rawHeaders }: IncomingMessage): string {
  let head = `${method} ${url} HTTP/${httpVersion}\r\n`
  for (let i = 0; i + 1 < rawHeaders.length; i += 2)
    if (rawHeaders[i]?.toLowerCase() !== 'upgrade') head += `${rawHeaders[i]}: ${rawHeaders[i + 1]}\r\n`
  return `${head}\r\n`
}

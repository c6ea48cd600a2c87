import { connect, isIP } from 'node:net'
import { httpUrl } from '../config/hosts.ts'

/** A connection on the same machine is there at once, or refused at once, unless something filters it. */
const LIMIT_MS = 200
/** What `localhost` may mean, and which listeners take what is sent to it. */
const loopbacks: Record<string, readonly string[]> = {
  '127.0.0.1': ['127.0.0.1', '0.0.0.0', '::'],
  '::1': ['::1', '::'],
}

/**
 * Where on this machine another program listens on the same port, as `http://[::1]:8080`: a tool that is told to use
 * `localhost` may go there. `address` is the one that this proxy listens on; undefined if nobody else answers within
 * 200 ms, or if others cannot confuse the two.
 */
export async function neighbourOf(address: string, port: number): Promise<string | undefined> {
  const isLocal = Object.values(loopbacks).some((takers) => takers.includes(address))
  if (!isLocal || isIP(address) === 0) return undefined
  for (const [loopback, takers] of Object.entries(loopbacks)) {
    if (takers.includes(address) || !(await isAnswered(loopback, port))) continue
    return httpUrl(loopback, port)
  }
  return undefined
}

function isAnswered(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, autoSelectFamily: false })
    const end = (answered: boolean) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(answered)
    }
    const timer = setTimeout(() => end(false), LIMIT_MS)
    socket.once('connect', () => end(true)).once('error', () => end(false))
  })
}

// A worker that knows the protocol and nothing else, for tests of the pool. How it behaves is told in the `env` of its start.
import { createServer } from 'node:http'

const { env } = process
const send = (message) => process.send(message)
let reports = 0
let listen = () => {}

const handlers = {
  start({ env: given, number }) {
    Object.assign(env, given, { NUMBER: String(number) })
    if (env.ENDS === 'all' || env.ENDS === env.NUMBER) process.exit(7)
    if (!env.HANGS) send({ type: 'ready' })
  },
  listen({ target }) {
    listen = () => listenOn(target)
    if (!env.WAITS) listen()
    // An answer that nobody waits for: it has been told.
    else send({ type: 'reported', ask: 0 })
  },
  ping() {
    if (env.DEAF !== env.NUMBER) send({ type: 'pong' })
  },
  go: () => listen(),
  report({ ask }) {
    reports++
    if (env.ENDS_REPORTING === env.NUMBER && reports > 1) process.exit(7)
    if (env.SILENT === env.NUMBER && reports > 1) return
    const none = { bounds: [], counts: [], sum: 0 }
    const byName = {
      requests: { [`GET 200 ${env.NUMBER}`]: reports },
      problems: {},
      retries: {},
      authorizations: {},
    }
    const numbers = { abandoned: 0, brokenOff: 0, inFlight: 1, busyS: 0 }
    send({
      type: 'reported',
      ask,
      tally: { ...byName, ...numbers, durations: none, overheads: none, waits: none },
    })
    if (env.LEAVES === env.NUMBER) send({ type: 'leaving' })
  },
  drain() {
    if (!env.HANGS) process.exit(0)
  },
}

function listenOn({ socket, host, port }) {
  if (env.ENDS_INSTEAD === env.NUMBER) process.exit(7)
  // For a port that a test may not have.
  if (env.PRETENDS) return send({ type: 'listening', address: `http://${host}:${port}` })
  const server = createServer((_request, response) => response.end(env.NUMBER))
  const address = () => (socket ? `unix:${socket}` : `http://${host}:${server.address().port}`)
  server.listen(socket ? { path: socket } : { host, port }, () =>
    send({ type: 'listening', address: address() }),
  )
}

process.on('message', (message) => handlers[message.type]?.(message))
send({ type: 'hello' })

// A worker that knows the protocol and nothing else, for tests of the pool. How it behaves is told in the `env` of its start.
import { createServer } from 'node:http'

let reports = 0
const send = (message) => process.send(message)

process.on('message', (message) => {
  if (message.type === 'start') {
    const { env, number } = message
    Object.assign(process.env, env)
    process.env.NUMBER = String(number)
    if (process.env.ENDS === 'all' || process.env.ENDS === String(number)) process.exit(7)
    send({ type: 'ready' })
  }
  if (message.type === 'listen') {
    const server = createServer((_request, response) => response.end(process.env.NUMBER))
    server.listen(message.target.port, message.target.host, () =>
      send({ type: 'listening', address: `http://127.0.0.1:${server.address().port}` }),
    )
  }
  if (message.type === 'report') {
    reports++
    if (process.env.SILENT === process.env.NUMBER && reports > 1) return
    const counts = { requests: { [`GET 200 ${process.env.NUMBER}`]: reports }, problems: {}, durations: [] }
    send({
      type: 'reported',
      ask: message.ask,
      tally: { ...counts, abandoned: 0, brokenOff: 0, durationS: 0 },
    })
  }
  if (message.type === 'drain') process.exit(0)
})
send({ type: 'hello' })

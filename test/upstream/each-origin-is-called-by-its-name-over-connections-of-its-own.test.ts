import t from 'tap'
import type { buildConnector } from 'undici'
import { http1Lab, turn } from '../helpers/http1-lab.ts'
import { Wire } from '../helpers/wire.ts'

const EMPTY = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'

t.test(
  'in Host without a port that goes without saying, and to the connector without brackets',
  async (t) => {
    const seen: Partial<buildConnector.Options>[] = []
    const wires: Wire[] = []
    const { call } = http1Lab(t, (options, callback) => {
      seen.push(options)
      const wire = new Wire()
      wires.push(wire)
      callback(null, wire.asSocket)
    })
    const origins = [
      ['http://cluster', 'cluster', 'cluster', ''],
      ['http://cluster:80', 'cluster', 'cluster', ''],
      ['http://cluster:8080', 'cluster:8080', 'cluster', '8080'],
      ['https://cluster:443', 'cluster', 'cluster', ''],
      ['https://cluster:80', 'cluster:80', 'cluster', '80'],
      ['http://[::1]:8080', '[::1]:8080', '::1', '8080'],
      ['http://[::1]', '[::1]', '::1', ''],
    ] as const
    for (const [i, [origin, host, hostname, port]] of origins.entries()) {
      const asked = call({ origin })
      t.ok(wires[i]?.sent.includes(`\r\nhost: ${host}\r\n`), `${origin}: ${wires[i]?.sent}`)
      t.strictSame(seen[i], { host, hostname, port, protocol: new URL(origin).protocol })
      wires[i]?.receive(EMPTY)
      await asked.over
      await turn()
    }
    t.equal(wires.length, origins.length, 'none is used for another origin')
  },
)

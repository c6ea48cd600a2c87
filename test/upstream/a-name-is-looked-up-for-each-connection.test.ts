import dns from 'node:dns'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { clusterDispatcher } from '../../src/upstream/dispatcher.ts'
import { ask, CountingKeeper } from '../helpers/authenticate-lab.ts'
import { connection, notes } from '../helpers/connections.ts'
import { silentAt } from '../helpers/silent-port.ts'

const NAME = 'cluster.test'

/** A server that answers with its own address. */
async function serverAt(t: Test, host: string, port = 0): Promise<number> {
  const server: Server = createServer({ keepAliveTimeout: 65_000 }, (_request, response) =>
    response.end(host),
  )
  await new Promise<void>((resolve) => server.listen(port, host, resolve))
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return (server.address() as AddressInfo).port
}

/** Where the name leads, from now on, and how often that was asked. */
function names(t: Test) {
  const zone: { addresses: string[]; asked: number } = { addresses: [], asked: 0 }
  const real = dns.lookup as (...args: unknown[]) => void
  const lookup = (name: string, ...more: [{ all?: boolean }, (error: null, ...found: unknown[]) => void]) => {
    if (name !== NAME) return real(name, ...more)
    zone.asked++
    const [{ all }, done] = more
    const found = zone.addresses.map((address) => ({ address, family: 4 }))
    process.nextTick(done, null, ...(all === true ? [found] : [found[0]?.address, 4]))
  }
  t.intercept(dns, 'lookup', { value: lookup })
  return zone
}

function lab(t: Test, port: number) {
  const dispatcher = clusterDispatcher(connection(), notes())
  t.teardown(() => dispatcher.destroy())
  const keeper = new CountingKeeper()
  return async () => {
    const { body, error } = await ask(dispatcher, keeper, { origin: `http://${NAME}:${port}` }).over
    return error?.message ?? body
  }
}

t.test('a name that moves is followed within five minutes, though requests never cease', async (t) => {
  let now = 1_000
  t.intercept(performance, 'now', { value: () => now })
  const zone = names(t)
  const port = await serverAt(t, '127.0.0.1')
  await serverAt(t, '127.0.0.2', port)
  const get = lab(t, port)
  zone.addresses = ['127.0.0.1']
  t.equal(await get(), '127.0.0.1')
  zone.addresses = ['127.0.0.2']
  now += 1_000
  t.equal(await get(), '127.0.0.1', 'the connection that there is goes on')
  t.equal(zone.asked, 1)
  for (let s = 0; s < 300; s++) {
    now += 1_000
    await get()
  }
  t.equal(await get(), '127.0.0.2')
  t.equal(zone.asked, 2)
})

t.test('a name that moves when its old address is gone is followed at once', async (t) => {
  const zone = names(t)
  const port = await serverAt(t, '127.0.0.2')
  const get = lab(t, port)
  zone.addresses = ['127.0.0.1']
  t.match(await get(), /could not be reached \(ECONNREFUSED\)/)
  zone.addresses = ['127.0.0.2']
  t.equal(await get(), '127.0.0.2')
})

t.test('of two addresses, the first of which refuses, the second is taken', async (t) => {
  const zone = names(t)
  const port = await serverAt(t, '127.0.0.2')
  zone.addresses = ['127.0.0.1', '127.0.0.2']
  t.equal(await lab(t, port)(), '127.0.0.2')
  t.equal(zone.asked, 1)
})

t.test('of two addresses, the first of which is silent, the second is taken', async (t) => {
  const zone = names(t)
  const port = await silentAt(t, '127.0.0.1')
  await serverAt(t, '127.0.0.2', port)
  zone.addresses = ['127.0.0.1', '127.0.0.2']
  t.equal(await lab(t, port)(), '127.0.0.2')
})

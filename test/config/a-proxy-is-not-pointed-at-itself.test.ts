import { networkInterfaces } from 'node:os'
import t from 'tap'
import { faults, load } from '../helpers/settings.ts'

const env = (address: string, host: string, port: string) => ({
  CAMUNDA_REST_ADDRESS: address,
  CAMUNDA_PROXY_HOST: host,
  CAMUNDA_PROXY_PORT: port,
  CAMUNDA_PROXY_CALLER_TOKEN: 'a-long-random-text',
})

t.test('under none of its names', async (t) => {
  const own = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter((entry) => !entry.internal && entry.family === 'IPv4')
    .map((entry): [string, string, string] => [`https://${entry.address}:8080`, '0.0.0.0', '8080'])
  const own6: [string, string, string][] = own.map(([address]) => [address, '::', '8080'])
  const loops: [string, string, string][] = [
    ['http://localhost:8080', '127.0.0.1', '8080'],
    ['http://localhost:8080/v2', '127.0.0.1', '8080'],
    ['http://LOCALHOST:8080/some/path', '127.0.0.1', '8080'],
    ['http://127.0.0.1:8080', '127.0.0.1', '8080'],
    ['http://127.0.0.1:8080', 'localhost', '8080'],
    ['http://[::1]:8080', '::1', '8080'],
    ['http://[::1]:8080', 'localhost', '8080'],
    ['http://localhost:8080', '0.0.0.0', '8080'],
    ['http://127.0.0.1:8080', '0.0.0.0', '8080'],
    ['http://[::1]:8080', '::', '8080'],
    ['https://my-host:8080', 'my-host', '8080'],
    ['https://localhost', '127.0.0.1', '443'],
    ['http://localhost', '127.0.0.1', '80'],
    ...own,
    ...own6,
  ]
  for (const [address, host, port] of loops) {
    t.strictSame(
      await faults(env(address, host, port)),
      [
        {
          setting: 'restAddress',
          source: 'environment variable CAMUNDA_REST_ADDRESS',
          expected: `another address than this proxy's own, ${host}:${port}; give the proxy another port`,
        },
      ],
      `${address} on ${host}:${port}`,
    )
  }
})

t.test('an address that is at fault already is told of that alone', async (t) => {
  const said = await faults(env('http://my-host:8080', 'my-host', '8080'))
  t.match(said, [{ setting: 'restAddress', expected: /to be listed in allowPlainHttp/ }])
  t.equal(said.length, 1)
})

t.test('what looks like it and is not', async (t) => {
  const others: [string, string, string][] = [
    ['http://localhost:8080', '127.0.0.1', '8081'],
    ['http://localhost:8080', '127.0.0.1', '0'],
    ['http://localhost', '127.0.0.1', '443'],
    ['https://localhost', '127.0.0.1', '80'],
    ['https://cluster.example:8080', '127.0.0.1', '8080'],
    ['https://cluster.example:8080', '0.0.0.0', '8080'],
    ['https://192.0.2.1:8080', '0.0.0.0', '8080'],
  ]
  for (const [address, host, port] of others) {
    t.ok(await load(env(address, host, port)), `${address} on ${host}:${port}`)
  }
  t.ok(
    await load({ ...env('http://localhost:8080', '127.0.0.1', '8080'), CAMUNDA_PROXY_SOCKET: '/run/p.sock' }),
    'a Unix socket has no port',
  )
})

import { networkInterfaces } from 'node:os'
import t from 'tap'
import { bareHost, isLoopback, isWildcard, reaches } from '../../src/config/hosts.ts'

t.test('one spelling for all', async (t) => {
  const spellings: [string, string][] = [
    ['LocalHost', 'localhost'],
    ['localhost.', 'localhost'],
    ['[::1]', '::1'],
    ['[FD00::A]', 'fd00::a'],
    ['Cluster.Example.', 'cluster.example'],
    ['127.0.0.1', '127.0.0.1'],
    ['', ''],
  ]
  for (const [host, bare] of spellings) t.equal(bareHost(host), bare, host)
})

t.test('what can only be this machine', async (t) => {
  const yes = [
    'localhost',
    'LOCALHOST',
    'localhost.',
    'idp.localhost',
    '127.0.0.1',
    '127.255.0.9',
    '::1',
    '[::1]',
  ]
  const no = [
    '',
    '0.0.0.0',
    '::',
    '[::]',
    '10.0.0.1',
    '128.0.0.1',
    '1.127.0.0',
    '::2',
    'fe80::1',
    'localhost.example',
    'notlocalhost',
    '127.example',
    '127.0.0.1.example',
    'host.docker.internal',
  ]
  for (const host of yes) t.equal(isLoopback(host), true, host)
  for (const host of no) t.equal(isLoopback(host), false, host)
})

t.test('what means every address', async (t) => {
  for (const host of ['0.0.0.0', '::', '[::]', '']) t.equal(isWildcard(host), true, host)
  for (const host of ['127.0.0.1', '::1', '10.0.0.0', 'localhost']) t.equal(isWildcard(host), false, host)
})

t.test('whether a call to one would end at a listener on the other', async (t) => {
  const own = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter((entry) => !entry.internal && !entry.address.startsWith('fe80'))
    .map((entry): [string, string, boolean] => [entry.address, '0.0.0.0', true])
  const pairs: [string, string, boolean][] = [
    ['localhost', '127.0.0.1', true],
    ['127.0.0.1', 'localhost', true],
    ['[::1]', 'localhost', true],
    ['proxy.localhost', '127.0.0.1', true],
    ['localhost', '0.0.0.0', true],
    ['127.0.0.1', '::', true],
    ['::1', '::', true],
    ['My-Host', 'my-host.', true],
    ['10.1.2.3', '10.1.2.3', true],
    ['0.0.0.0', '0.0.0.0', true],
    ...own,
    ['192.0.2.1', '0.0.0.0', false],
    ['cluster.example', '0.0.0.0', false],
    ['cluster.example', '127.0.0.1', false],
    ['localhost', '10.1.2.3', false],
    ['10.1.2.3', '127.0.0.1', false],
    ['10.1.2.3', '10.1.2.4', false],
  ]
  for (const [target, listening, expected] of pairs) {
    t.equal(reaches(target, listening), expected, `${target} from a listener on ${listening}`)
  }
})

import t from 'tap'
import { egressProxyFor } from '../../src/config/egress.ts'

const [httpProxy, httpsProxy] = ['http://plain.proxy:3128', 'http://user:word@secure.proxy:3128']
const choose = (url: string, noProxy?: string) =>
  egressProxyFor(new URL(url), { httpProxy, httpsProxy, noProxy })

t.test('by the scheme of the destination', async (t) => {
  t.equal(choose('http://a.example'), httpProxy)
  t.equal(choose('https://a.example'), httpsProxy)
  const none = { httpProxy: undefined, httpsProxy: '', noProxy: undefined }
  t.equal(egressProxyFor(new URL('http://a.example'), none), undefined)
  t.equal(egressProxyFor(new URL('https://a.example'), none), undefined)
})

t.test('never for this machine', async (t) => {
  const here = ['localhost', 'LOCALHOST.', 'x.localhost', '127.0.0.1', '127.9.9.9', '[::1]']
  for (const host of here) t.equal(choose(`http://${host}:8080`), undefined, host)
})

const table: [noProxy: string, direct: string[], proxied: string[]][] = [
  ['*', ['https://a.example', 'http://10.0.0.1', 'https://[fd00::1]'], []],
  ['', [], ['https://a.example']],
  [' , ,, ', [], ['https://a.example']],
  ['.', [], ['https://a.example']],
  ['a.example', ['https://a.example', 'https://x.a.example', 'https://A.EXAMPLE.'], ['https://ba.example']],
  ['.a.example', ['https://a.example', 'https://x.a.example'], ['https://ba.example']],
  ['*.a.example', ['https://a.example', 'https://y.x.a.example'], ['https://ba.example']],
  ['A.Example', ['https://a.example'], []],
  ['a.example.', ['https://a.example'], []],
  ['b.example, a.example', ['https://a.example', 'https://b.example'], ['https://c.example']],
  ['b.example\ta.example', ['https://a.example', 'https://b.example'], []],
  [
    'a.example:443',
    ['https://a.example', 'https://x.a.example'],
    ['http://a.example', 'https://a.example:8443'],
  ],
  ['a.example:80', ['http://a.example'], ['https://a.example']],
  ['*:8443', ['https://a.example:8443'], ['https://a.example']],
  ['10.1.2.3', ['http://10.1.2.3'], ['http://10.1.2.4', 'http://110.1.2.3']],
  ['1.2.3', [], ['http://10.1.2.3']],
  ['10.1.2.3:80', ['http://10.1.2.3'], ['http://10.1.2.3:81']],
  ['10.0.0.0/8', ['http://10.255.0.1'], ['http://11.0.0.1', 'http://ten.example']],
  ['10.0.0.0/8:80', ['http://10.255.0.1'], ['http://10.255.0.1:81']],
  ['192.168.1.128/25', ['http://192.168.1.200'], ['http://192.168.1.1']],
  ['0.0.0.0/0', ['http://8.8.8.8'], ['http://a.example']],
  ['10.0.0.0/33', [], ['http://10.0.0.1']],
  ['10.0.0.0/', [], ['http://10.0.0.0']],
  ['10.0.0.0/8/8', [], ['http://10.0.0.1']],
  ['10.0.0.0/-1', [], ['http://10.0.0.1']],
  ['fd00::1', ['http://[fd00::1]', 'http://[fd00:0:0:0:0:0:0:1]'], ['http://[fd00::2]']],
  ['[fd00::1]', ['http://[fd00::1]'], ['http://[fd00::2]']],
  ['[fd00::1]:80', ['http://[fd00::1]'], ['http://[fd00::1]:81']],
  ['fd00::/8', ['http://[fdff::1]'], ['http://[fe80::1]', 'http://10.0.0.1']],
]

for (const [noProxy, direct, proxied] of table) {
  t.test(`NO_PROXY=${noProxy}`, async (t) => {
    for (const url of direct) t.equal(choose(url, noProxy), undefined, `${url} directly`)
    for (const url of proxied) t.ok(choose(url, noProxy), `${url} through the proxy`)
  })
}

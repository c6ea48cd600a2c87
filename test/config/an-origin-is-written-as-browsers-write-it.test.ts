import t from 'tap'
import { loadSettings } from '../../src/config/load.ts'
import { ORIGINS_EXPECTED, parseOrigin } from '../../src/config/origins.ts'

const good: [string, string][] = [
  ['http://localhost:3000', 'http://localhost:3000'],
  ['HTTP://LocalHost:3000', 'http://localhost:3000'],
  ['https://app.example', 'https://app.example'],
  ['https://app.example:443', 'https://app.example'],
  ['http://app.example:80', 'http://app.example'],
  ['https://app.example:80', 'https://app.example:80'],
  ['http://[0:0:0:0:0:0:0:1]:3000', 'http://[::1]:3000'],
  ['http://127.0.0.1:3000', 'http://127.0.0.1:3000'],
  ['https://bücher.example', 'https://xn--bcher-kva.example'],
  [
    'chrome-extension://abcdefghijklmnopabcdefghijklmnop',
    'chrome-extension://abcdefghijklmnopabcdefghijklmnop',
  ],
  [
    'moz-extension://0B5F4F2A-4d5c-4a3e-9f60-0123456789ab',
    'moz-extension://0b5f4f2a-4d5c-4a3e-9f60-0123456789ab',
  ],
]

const bad = [
  '*',
  'null',
  'localhost',
  'localhost:3000',
  '//localhost:3000',
  'http:localhost:3000',
  'http://',
  'http://localhost:3000/',
  'http://localhost:3000/app',
  'http://localhost:3000?x',
  'http://localhost:3000#x',
  'http://user@localhost:3000',
  'http://*.example',
  'http://%2A.example',
  'http://localhost:*',
  'http://localhost:99999',
  'http://a b',
  'http://a\tb',
  'http://a\\b',
  'http://[::1',
  'file://',
  'file://localhost',
  'ftp://localhost',
  'data:text/html,x',
  'chrome-extension://*',
  'chrome-extension://id/page.html',
  'extension://id',
]

t.test('origins in every spelling', async (t) => {
  for (const [text, origin] of good) t.equal(parseOrigin(text), origin, text)
  for (const text of bad) t.equal(parseOrigin(text), undefined, text)
})

const load = (allowedOrigins: string) =>
  loadSettings([], {
    CAMUNDA_REST_ADDRESS: 'http://127.0.0.1:1',
    CAMUNDA_AUTH_STRATEGY: 'NONE',
    CAMUNDA_PROXY_ALLOWED_ORIGINS: allowedOrigins,
  })

t.test('the setting: none by default, all of them or a fault', async (t) => {
  t.strictSame((await load('')).settings.allowedOrigins, [])
  const { settings, warnings } = await load('http://LOCALHOST:3000,https://app.example:443')
  t.strictSame(settings.allowedOrigins, ['http://localhost:3000', 'https://app.example'])
  t.strictSame(warnings, [])
  await t.rejects(load('http://localhost:3000,*'), {
    message: `allowedOrigins (environment variable CAMUNDA_PROXY_ALLOWED_ORIGINS): expected ${ORIGINS_EXPECTED}`,
  })
})

t.test('plain http from beyond this machine is warned of', async (t) => {
  const { warnings } = await load('http://app.example,https://app.example,http://localhost:1')
  t.strictSame(warnings, [
    'anybody on the network between can put pages at http://app.example: allow https origins',
  ])
})

import t from 'tap'
import { setUp } from '../helpers/proxy.ts'
import { rawRequest, requestHead } from '../helpers/raw-http.ts'

t.test('people open it, and it asks for its data; other pages do neither', async (t) => {
  const { proxy } = await setUp(t)
  const port = Number(new URL(proxy.adminUrl).port)
  t.equal((await fetch(proxy.adminUrl)).status, 200, 'made when it is first asked for')
  const sent = (site: string, mode: string, dest: string) => [
    `Sec-Fetch-Site: ${site}`,
    `Sec-Fetch-Mode: ${mode}`,
    `Sec-Fetch-Dest: ${dest}`,
  ]
  const answers: [string, string[], number, string?][] = [
    ['/', [], 200],
    ['/', sent('none', 'navigate', 'document'), 200],
    ['/', sent('cross-site', 'navigate', 'document'), 200],
    ['/', sent('same-origin', 'navigate', 'document'), 200],
    ['/', sent('cross-site', 'navigate', 'iframe'), 403],
    ['/', sent('same-origin', 'navigate', 'iframe'), 403],
    ['/', sent('cross-site', 'no-cors', 'script'), 403],
    ['/', sent('cross-site', 'cors', 'empty'), 403],
    ['/', [...sent('cross-site', 'navigate', 'document'), 'Origin: null'], 403],
    ['/?', sent('cross-site', 'navigate', 'document'), 403],
    ['/status.json', [], 200],
    ['/status.json', sent('none', 'navigate', 'document'), 200],
    ['/status.json', sent('same-origin', 'cors', 'empty'), 200],
    ['/status.json', sent('same-site', 'cors', 'empty'), 403],
    ['/status.json', sent('cross-site', 'no-cors', 'empty'), 403],
    ['/status.json', sent('cross-site', 'navigate', 'document'), 403],
    ['/status.json', sent('same-origin', 'no-cors', 'script'), 403],
    ['/status.json', [...sent('same-origin', 'cors', 'empty'), 'Origin: http://localhost'], 403],
    ['/metrics', sent('same-origin', 'cors', 'empty'), 403],
    ['/readyz', sent('cross-site', 'navigate', 'document'), 403],
    ['/', sent('same-origin', 'navigate', 'document'), 421, 'rebound.example'],
    ['/status.json', sent('same-origin', 'cors', 'empty'), 421, 'rebound.example'],
  ]
  for (const [path, headers, expected, host = 'localhost'] of answers) {
    const { status } = await rawRequest(port, requestHead('GET', path, headers, host))
    t.equal(status, expected, `${path} ${host} ${headers.join(', ')}`)
  }
})

t.test('it loads nothing from elsewhere, is in no frame, and is kept nowhere', async (t) => {
  const { proxy } = await setUp(t)
  const { headers } = await fetch(proxy.adminUrl)
  const policy = headers.get('content-security-policy') ?? ''
  for (const part of [
    "default-src 'none'",
    "connect-src 'self'",
    "frame-ancestors 'none'",
    "form-action 'none'",
    "base-uri 'none'",
  ])
    t.ok(policy.split('; ').includes(part), part)
  t.match(policy, /script-src 'sha256-[\w+/=]+';/)
  t.match(policy, /style-src 'sha256-[\w+/=]+';/)
  t.notMatch(policy, /unsafe|\*|http/)
  t.match(Object.fromEntries(headers), {
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  })
})

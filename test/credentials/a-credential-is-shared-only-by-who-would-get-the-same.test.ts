import t from 'tap'
import { Secret } from '../../src/config/secrets.ts'
import type { AuthSettings } from '../../src/config/settings.ts'
import { credentialKeys } from '../../src/credentials/sources.ts'

const oauth: Extract<AuthSettings, { strategy: 'OAUTH' }> = {
  strategy: 'OAUTH',
  identityProvider: { tokenUrl: new URL('https://idp.example/token') },
  clientId: 'client',
  clientAuth: { method: 'client_secret_post', secret: Secret.ofValue('secret') },
  audience: 'audience',
  scope: undefined,
  resource: undefined,
  parameters: {},
  headers: {},
  lenient: false,
}
const cookie: Extract<AuthSettings, { strategy: 'COOKIE' }> = {
  strategy: 'COOKIE',
  loginUrl: new URL('https://sso.example/login'),
  cluster: { origin: 'https://one.example', basePath: '' },
  username: 'demo',
  password: Secret.ofValue('demo'),
  idleMs: 1,
}

const pairs: [what: string, one: AuthSettings, other: AuthSettings][] = [
  ['token URL', oauth, { ...oauth, identityProvider: { tokenUrl: new URL('https://idp.example/other') } }],
  ['issuer', oauth, { ...oauth, identityProvider: { issuer: new URL('https://idp.example/token') } }],
  ['client', oauth, { ...oauth, clientId: 'other' }],
  [
    'secret',
    oauth,
    { ...oauth, clientAuth: { method: 'client_secret_post', secret: Secret.ofValue('other') } },
  ],
  [
    'way to prove itself',
    oauth,
    { ...oauth, clientAuth: { method: 'client_secret_basic', secret: Secret.ofValue('secret') } },
  ],
  ['audience', oauth, { ...oauth, audience: undefined }],
  ['scope', oauth, { ...oauth, scope: 'audience', audience: undefined }],
  ['resource', oauth, { ...oauth, resource: 'x' }],
  ['parameter', oauth, { ...oauth, parameters: { organization: 'a' } }],
  [
    'value of a parameter',
    { ...oauth, parameters: { organization: 'a' } },
    { ...oauth, parameters: { organization: 'b' } },
  ],
  ['header', oauth, { ...oauth, headers: { 'x-tenant': 'a' } }],
  ['leniency', oauth, { ...oauth, lenient: true }],
  [
    'cluster behind the same login page',
    cookie,
    { ...cookie, cluster: { origin: 'https://two.example', basePath: '' } },
  ],
  ['base path', cookie, { ...cookie, cluster: { origin: 'https://one.example', basePath: '/x' } }],
  ['user', cookie, { ...cookie, username: 'other' }],
  ['password', cookie, { ...cookie, password: Secret.ofValue('other') }],
  [
    'file',
    { strategy: 'BEARER', token: Secret.ofFile('a') },
    { strategy: 'BEARER', token: Secret.ofFile('b') },
  ],
  [
    'file of the name of a command',
    { strategy: 'BEARER', token: Secret.ofFile('camunda-token') },
    { strategy: 'BEARER', command: 'camunda-token' },
  ],
  [
    'file of the name of a value',
    { strategy: 'BEARER', token: Secret.ofFile('x') },
    { strategy: 'BEARER', token: Secret.ofValue('x') },
  ],
]

t.test('whatever a credential depends on', async (t) => {
  for (const [what, one, other] of pairs)
    t.not(credentialKeys(one, '').key, credentialKeys(other, '').key, `another ${what}`)
})

t.test('and the way by which it is got: a certificate may be what it is given for', async (t) => {
  t.not(credentialKeys(oauth, 'one').key, credentialKeys(oauth, 'other').key)
})

t.test('all the same, one credential', async (t) => {
  const again = {
    ...oauth,
    clientAuth: { ...oauth.clientAuth, secret: Secret.ofValue('secret') },
  } as AuthSettings
  t.equal(credentialKeys(again, '').key, credentialKeys(oauth, '').key)
})

t.test('one pace for all that ask the same server', async (t) => {
  t.equal(credentialKeys({ ...oauth, clientId: 'other' }, 'x').paceKey, credentialKeys(oauth, '').paceKey)
  const other = { ...cookie, cluster: { origin: 'https://two.example', basePath: '' } }
  t.equal(credentialKeys(other, '').paceKey, credentialKeys(cookie, '').paceKey)
})

t.test('no key tells a secret', async (t) => {
  const { key, paceKey } = credentialKeys(oauth, '')
  t.notMatch(key + paceKey, /"secret"/)
})

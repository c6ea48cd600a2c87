import t from 'tap'
import { explainFailure } from '../../src/credentials/idp-errors.ts'

const TOKEN_URL = new URL('https://idp.example:8443/oauth/token')

/** What undici makes of an error of Node's, and what openid-client may make of that. */
function thrown(code: string): [string, Error][] {
  const cause = Object.assign(new Error(`canary-secret ${code}`), { code })
  const fetchFailed = new TypeError('fetch failed', { cause })
  return [
    ['as undici throws it', fetchFailed],
    ['wrapped once more', new Error('something went wrong', { cause: fetchFailed })],
  ]
}

function told(error: unknown) {
  const failure = explainFailure(error, TOKEN_URL, ['canary-secret'])
  if (JSON.stringify(failure).includes('canary')) throw new Error('the words of the cause were taken over')
  return failure
}

t.test('a certificate that was not accepted', async (t) => {
  const codes = [
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'CERT_HAS_EXPIRED',
    'CERT_NOT_YET_VALID',
    'ERR_TLS_CERT_ALTNAME_INVALID',
  ]
  for (const code of codes) {
    for (const [how, error] of thrown(code)) {
      const message = `The certificate of idp.example:8443 was not accepted (${code}); nothing was sent.`
      t.strictSame(told(error), { code: 'tls', message, refused: false }, `${code} ${how}`)
    }
  }
})

t.test('a certificate of ours that the identity provider does not want', async (t) => {
  for (const code of ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA']) {
    for (const [how, error] of thrown(code)) {
      const message = `The identity provider idp.example:8443 did not let this proxy in: it wants another client certificate (${code}).`
      t.strictSame(told(error), { code: 'tls', message, refused: false }, `${code} ${how}`)
    }
  }
})

t.test('a connection that could not be made, or broke', async (t) => {
  const codes = [
    'ECONNREFUSED',
    'ECONNRESET',
    'EHOSTUNREACH',
    'ENOTFOUND',
    'EAI_AGAIN',
    'EPIPE',
    'UND_ERR_SOCKET',
  ]
  for (const code of codes) {
    for (const [how, error] of thrown(code)) {
      const message = `The identity provider idp.example:8443 could not be reached (${code}).`
      t.strictSame(told(error), { code: 'network', message, refused: false }, `${code} ${how}`)
    }
  }
})

t.test('a connection that was not made in time', async (t) => {
  for (const [how, error] of thrown('UND_ERR_CONNECT_TIMEOUT')) {
    const message = 'The identity provider idp.example:8443 could not be reached in time.'
    t.strictSame(told(error), { code: 'timeout', message, refused: false }, how)
  }
})

t.test('what nobody has foreseen is no fault of the client, and nothing of it is shown', async (t) => {
  for (const error of [
    new Error('canary'),
    'canary',
    undefined,
    null,
    { code: 'canary' },
    Symbol('canary'),
  ]) {
    t.match(told(error), { code: 'malformed', refused: false })
  }
  t.match(told(new Error('x', { cause: new Error('canary') })), { code: 'network', refused: false })
})

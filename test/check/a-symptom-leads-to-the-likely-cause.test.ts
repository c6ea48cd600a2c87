import t from 'tap'
import {
  type AnswerFacts,
  answerDiagnosis,
  certificateDiagnosis,
  connectionDiagnosis,
  credentialDiagnosis,
} from '../../src/check/symptoms.ts'

const idp = { host: 'idp.example', path: '/token', signs: false }
const failure = (code: string, message = '') => ({ code, message, refused: true })

t.test('no connection', async (t) => {
  for (const [code, host, expected] of [
    ['ENOTFOUND', 'camunda.example:443', 'name-not-found'],
    ['ENOTFOUND', 'bru-9.zeebe.camunda.io', 'wrong-region'],
    ['ENOTFOUND', 'login.cloud.camunda.io', 'name-not-found'],
    ['EAI_AGAIN', 'camunda.example', 'name-service-failed'],
    ['ECONNREFUSED', 'camunda.example', 'connection-refused'],
    ['UND_ERR_CONNECT_TIMEOUT', 'camunda.example', 'timed-out'],
    ['EHOSTUNREACH', 'camunda.example', 'unreachable'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'camunda.example', 'no-tls'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'camunda.example', 'client-certificate-wanted'],
    ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'camunda.example', 'tls-failed'],
    ['egress-proxy-credentials', 'camunda.example', 'egress-proxy-credentials'],
  ] as const)
    t.equal(connectionDiagnosis(code, host).diagnosis, expected, code)
})

t.test('a certificate', async (t) => {
  for (const [code, expected] of [
    ['CERT_HAS_EXPIRED', 'certificate-expired'],
    ['CERT_NOT_YET_VALID', 'certificate-not-yet-valid'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'certificate-self-signed'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'certificate-unknown-issuer'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'certificate-unknown-issuer'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'certificate-wrong-host'],
    ['CERT_REVOKED', 'tls-failed'],
  ] as const) {
    const { diagnosis, cause, cure } = certificateDiagnosis(code, {
      host: 'h',
      issuer: 'Corp CA',
      names: 'n',
    })
    t.equal(diagnosis, expected, code)
    t.notMatch(cause + cure, /[{}]/, 'everything is filled in')
  }
})

t.test('an identity provider that gives no token', async (t) => {
  for (const [code, message, expected] of [
    ['invalid_client', '', 'client-refused'],
    ['invalid_client', 'AADSTS7000215: Invalid client secret provided.', 'wrong-secret'],
    ['unauthorized_client', 'AADSTS700016: Application was not found', 'unknown-client'],
    ['invalid_resource', 'AADSTS500011: The resource principal was not found', 'unknown-audience'],
    ['invalid_request', "AADSTS90002: Tenant 'x' not found.", 'unknown-tenant'],
    ['unauthorized_client', 'Client not enabled to retrieve service account', 'client-not-allowed'],
    ['unauthorized_client', 'Invalid client or Invalid client credentials', 'client-refused'],
    ['invalid_client', 'Client not found', 'unknown-client'],
    ['access_denied', 'Service not found: x', 'unknown-audience'],
    ['invalid_scope', '', 'unknown-audience'],
    ['http-429', '', 'rate-limited'],
    ['http-503', '', 'provider-failed'],
    ['http-404', '', 'token-url-wrong'],
    ['discovery-http-404', '', 'token-url-wrong'],
    ['malformed', '', 'provider-failed'],
    ['wrong-password', '', 'login-refused'],
    ['no-login-page', '', 'no-login-page'],
    ['command-not-found', '', 'command-failed'],
    ['token-expired', '', 'token-unusable'],
    ['secret-unreadable', '', 'secret-unreadable'],
    ['network', 'The identity provider could not be reached (ECONNREFUSED).', 'connection-refused'],
    ['egress', 'The egress proxy p wants other credentials (status 407).', 'egress-proxy-credentials'],
    ['egress', 'The egress proxy p does not lead to h:443 (status 403).', 'egress-proxy-refused'],
    ['internal', '', 'credential-failed'],
  ] as const)
    t.equal(credentialDiagnosis(failure(code, message), idp).diagnosis, expected, `${code} ${message}`)
})

t.test('what is known beside the answer counts', async (t) => {
  const shape = { what: 'client secret', fault: 'ends with a blank' }
  t.match(credentialDiagnosis(failure('invalid_client'), { ...idp, shape }), { diagnosis: 'secret-shape' })
  t.equal(credentialDiagnosis(failure('http-503'), { ...idp, shape }).diagnosis, 'provider-failed')
  const off = { ...idp, signs: true, offsetMs: -600_000 }
  t.match(credentialDiagnosis(failure('invalid_client'), off), { diagnosis: 'clock-off', cause: /600 s/ })
  const realm = credentialDiagnosis(failure('http-404'), { ...idp, path: '/auth/realms/x/token' })
  t.match(realm, { diagnosis: 'keycloak-realm', cure: /without the \/auth/ })
  t.match(credentialDiagnosis(failure('http-404'), { ...idp, path: '/realms/x/token' }), {
    cure: /with \/auth/,
  })
  t.match(credentialDiagnosis({ ...failure('http-429'), retryAfterMs: 60_000 }, idp), {
    cause: /60 s of pause/,
  })
})

const answer: AnswerFacts = {
  host: 'camunda.example',
  path: '/v2/topology',
  status: 200,
  contentType: 'application/json',
  location: undefined,
  basePath: '',
  aud: ['zeebe-api'],
  isFresh: true,
  offsetMs: 0,
}

t.test('a cluster that does not answer as one should', async (t) => {
  const html = { contentType: 'text/html' }
  const cases: readonly [Partial<AnswerFacts>, string | undefined][] = [
    [{}, undefined],
    [html, 'web-application'],
    [{ status: 302, location: '/login' }, 'web-application'],
    [{ status: 301, location: 'https://camunda.example/v2/topology' }, 'https-wanted'],
    [{ status: 401 }, 'wrong-audience'],
    [{ status: 401, aud: undefined }, 'credential-not-taken'],
    [{ status: 401, isFresh: false }, 'credential-not-taken'],
    [{ status: 401, offsetMs: 31_000 }, 'clock-off'],
    [{ status: 401, shape: { what: 'password', fault: 'ends with a blank' } }, 'secret-shape'],
    [{ status: 403, ...html }, 'address-not-allowed'],
    [{ status: 403, contentType: 'application/problem+json' }, 'not-authorized'],
    [{ status: 404 }, 'wrong-address'],
    [{ status: 404, host: 'bru-2.zeebe.camunda.io' }, 'wrong-region'],
    [{ status: 404, basePath: '/v2/topology' }, 'v2-twice'],
    [{ status: 429 }, 'rate-limited'],
    [{ status: 503 }, 'cluster-failed'],
    [{ status: 418 }, 'answer-unusable'],
  ]
  for (const [change, expected] of cases) {
    const found = answerDiagnosis({ ...answer, ...change })
    t.equal(found?.diagnosis, expected, JSON.stringify(change))
    t.notMatch(`${found?.cause} ${found?.cure}`, /\{\w+\}/, 'everything is filled in')
  }
})

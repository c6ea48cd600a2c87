import type { ApiName } from './apis.ts'
import { choice, fileOf, flag, list, pairs, text, url } from './notes.ts'

/** The APIs of a cluster that are forwarded only where the settings say so; `/v2` always is. */
const optionalApis = [
  'v1',
  'cluster',
  'physical-tenants',
  'mcp',
  'operate',
  'tasklist',
  'optimize',
  'administration',
] as const satisfies readonly ApiName[]

const address = {
  restAddress: url({
    description:
      'Address of the cluster’s REST API, with or without `/v2`. Without it, SaaS is addressed by region and cluster id, and Self-Managed at `http://localhost:8080`.',
    expected: 'a URL such as https://bru-2.zeebe.camunda.io/CLUSTER_ID',
    common: true,
  }),
  clusterRegion: text({
    description: 'SaaS region, used with `clusterId` where there is no `restAddress`.',
    expected: 'a region such as bru-2',
  }),
  clusterId: text({ description: 'SaaS cluster id.', expected: 'the id that Console shows' }),
}

const oauth = {
  clientId: text({
    description: 'OAuth client id.',
    expected: 'the client id of your API client',
    common: true,
  }),
  clientSecret: text({
    description: 'OAuth client secret. Never a flag, since flags show in process lists.',
    expected: 'the client secret of your API client',
    secret: true,
    common: true,
  }),
  clientSecretFile: text({
    description:
      'File that holds the client secret; read anew for each token, so a rotated secret is picked up.',
    expected: 'the path of a readable file that is not empty',
    common: true,
  }),
  oauthUrl: url({
    description: 'Token URL of the identity provider.',
    expected: 'a URL such as https://login.cloud.camunda.io/oauth/token',
    default: 'https://login.cloud.camunda.io/oauth/token',
    common: true,
  }),
  oauthIssuer: url({
    description:
      'Issuer of the identity provider, whose metadata name the token URL (OpenID Connect Discovery); instead of `oauthUrl`.',
    expected: 'a URL such as https://keycloak.example/realms/camunda-platform',
  }),
  tokenAudience: text({
    description: 'Audience to ask the token for. `zeebe.camunda.io` with the SaaS token URL, otherwise none.',
    expected: 'an audience such as zeebe.camunda.io',
    common: true,
  }),
  oauthScope: text({
    description: 'Scope to ask the token for, for providers that want one (Entra ID: `CLIENT_ID/.default`).',
    expected: 'a scope',
    common: true,
  }),
  oauthResource: text({
    description: 'Resource to ask the token for (RFC 8707).',
    expected: 'the URI of a resource',
  }),
  oauthParameters: pairs({
    description:
      'Further parameters of the token request: a map in the file, `name=value&name=value` in the variable.',
    expected: 'names and values',
    secret: true,
  }),
  oauthHeaders: pairs({
    description: 'Further headers of the token request, written like `oauthParameters`.',
    expected: 'names and values',
    secret: true,
  }),
  oauthClientAuth: choice(
    ['client_secret_post', 'client_secret_basic', 'private_key_jwt', 'tls_client_auth'],
    {
      description:
        'How the client proves who it is: its secret in the form or as HTTP Basic, an assertion signed with `oauthPrivateKey`, or the certificate `oauthTlsCert`.',
      default: 'client_secret_post',
    },
  ),
  oauthPrivateKey: text({
    description: 'Private key in PEM for `private_key_jwt`.',
    expected: 'a private key in PEM',
    secret: true,
  }),
  oauthPrivateKeyFile: fileOf('the private key'),
  oauthKeyAlgorithm: choice(['RS256', 'PS256', 'ES256'], {
    description:
      'Signature algorithm for `private_key_jwt`; without it RS256 for an RSA key and ES256 for one on P-256.',
  }),
  oauthKeyId: text({
    description: 'Key id (`kid`) to put into the assertion.',
    expected: 'the id under which the identity provider knows the key',
  }),
  oauthCertificate: text({
    description: 'Certificate of the private key in PEM, whose thumbprint (`x5t`) Entra ID wants.',
    expected: 'a certificate in PEM',
  }),
  oauthCertificateFile: fileOf('that certificate'),
  oauthLenient: flag({
    description:
      'Accepts token responses that RFC 6749 does not allow, such as status 201 or no `token_type`.',
    expected: 'true or false',
  }),
}

const otherMethods = {
  basicAuthUsername: text({ description: 'User name for HTTP Basic.', expected: 'a user name' }),
  basicAuthPassword: text({
    description: 'Password for HTTP Basic.',
    expected: 'a password',
    secret: true,
  }),
  basicAuthPasswordFile: fileOf('the password for HTTP Basic'),
  cookieAuthUrl: url({
    description:
      'Login URL for cookie login; its path tells the generation (`/api/login` up to 8.7, `/login` since 8.8). Without it both are tried below `restAddress`.',
    expected: 'a URL such as http://localhost:8080/login',
  }),
  cookieAuthUsername: text({
    description: 'User name for cookie login; `demo` for a cluster on this machine.',
    expected: 'a user name',
  }),
  cookieAuthPassword: text({
    description: 'Password for cookie login; `demo` for a cluster on this machine.',
    expected: 'a password',
    secret: true,
  }),
  cookieAuthPasswordFile: fileOf('the password for cookie login'),
  sessionIdleMinutes: {
    type: 'integer',
    description: 'After how many minutes without a request the cluster ends a session.',
    expected: 'a number of minutes from 1 to 1440',
    minimum: 1,
    maximum: 1_440,
    default: 30,
  },
  oauthToken: text({
    description: 'A bearer token that somebody else got.',
    expected: 'a token',
    secret: true,
  }),
  oauthTokenFile: fileOf('a bearer token; read again every minute'),
  tokenCommand: text({
    description:
      'Command that prints a bearer token, as plain text or as JSON with its expiry; run by the system’s shell.',
    expected: 'a command',
    // It may hold a password, and process lists show flags.
    secret: true,
  }),
} as const

const tls = {
  tlsCa: text({
    description: 'Certificate authority in PEM to trust beside the usual ones.',
    expected: 'a certificate in PEM',
  }),
  tlsCaFile: fileOf('the certificate authority'),
  tlsCert: text({
    description: 'Client certificate in PEM for the cluster, and what it was issued by.',
    expected: 'a certificate in PEM',
  }),
  tlsCertFile: fileOf('the client certificate'),
  tlsKey: text({
    description: 'Private key of the client certificate in PEM.',
    expected: 'a private key in PEM',
    secret: true,
  }),
  tlsKeyFile: fileOf('the key of the client certificate'),
  tlsKeyPassphrase: text({
    description: 'Passphrase of that key.',
    expected: 'a passphrase',
    secret: true,
  }),
  tlsKeyPassphraseFile: fileOf('the passphrase of that key'),
  oauthTlsCa: text({
    description:
      'The same four for the identity provider; where none of them is set, those of the cluster are used.',
    expected: 'a certificate in PEM',
  }),
  oauthTlsCaFile: fileOf('the certificate authority of the identity provider'),
  oauthTlsCert: text({
    description: 'Client certificate in PEM for the identity provider (`tls_client_auth`).',
    expected: 'a certificate in PEM',
  }),
  oauthTlsCertFile: fileOf('the client certificate for the identity provider'),
  oauthTlsKey: text({
    description: 'Private key of that certificate in PEM.',
    expected: 'a private key in PEM',
    secret: true,
  }),
  oauthTlsKeyFile: fileOf('the key of the client certificate for the identity provider'),
  oauthTlsKeyPassphrase: text({
    description: 'Passphrase of that key.',
    expected: 'a passphrase',
    secret: true,
  }),
  oauthTlsKeyPassphraseFile: fileOf('the passphrase of that key'),
  http2: flag({
    description: 'Speaks HTTP/2 to the cluster where it offers it.',
    expected: 'true or false',
  }),
}

const scope = {
  readOnly: flag({
    description: 'Lets only requests through that read: GET, HEAD, and POSTs that search.',
    expected: 'true or false',
    common: true,
  }),
  allow: list({
    description:
      'What may pass, as rules `METHOD[,METHOD…] PATTERN` in which `*` stands for one segment and `**` for any rest; empty for everything.',
    expected: 'rules such as GET /v2/**',
  }),
  apis: {
    type: 'array',
    items: { type: 'string', enum: optionalApis },
    description: `Further APIs to forward: ${optionalApis.map((api) => `\`${api}\``).join(', ')}.`,
    expected: `names out of ${optionalApis.join(', ')}`,
    default: [],
  },
  operateAddress: url({
    description: 'Address of Operate, for `apis: operate`.',
    expected: 'a URL such as https://bru-2.operate.camunda.io/CLUSTER_ID',
  }),
  operateAudience: text({
    description: 'Audience for Operate; `operate.camunda.io` with the SaaS token URL.',
    expected: 'an audience',
  }),
  tasklistAddress: url({
    description: 'Address of Tasklist, for `apis: tasklist`.',
    expected: 'a URL such as https://bru-2.tasklist.camunda.io/CLUSTER_ID',
  }),
  tasklistAudience: text({
    description: 'Audience for Tasklist; `tasklist.camunda.io` with the SaaS token URL.',
    expected: 'an audience',
  }),
  optimizeAddress: url({
    description: 'Address of Optimize, for `apis: optimize`.',
    expected: 'a URL such as https://bru-2.optimize.camunda.io/CLUSTER_ID',
  }),
  optimizeAudience: text({
    description: 'Audience for Optimize; `optimize.camunda.io` with the SaaS token URL.',
    expected: 'an audience',
  }),
  administrationAddress: url({
    description: 'Address of the Administration API, for `apis: administration`.',
    expected: 'a URL',
    default: 'https://api.cloud.camunda.io',
  }),
  administrationAudience: text({
    description: 'Audience for the Administration API.',
    expected: 'an audience',
    default: 'api.cloud.camunda.io',
  }),
  administrationClientId: text({
    description: 'Client id for the Administration API, if it is not `clientId`.',
    expected: 'the client id of an organization’s API client',
  }),
  administrationClientSecret: text({
    description: 'The secret of that client.',
    expected: 'the client secret of that client',
    secret: true,
  }),
  administrationClientSecretFile: fileOf('that secret'),
} as const

/** What is said of one cluster: at the top of the settings, and in each entry of `clusters`. */
export const clusterProperties = {
  ...address,
  authStrategy: choice(['OAUTH', 'COOKIE', 'BASIC', 'BEARER', 'NONE'], {
    description:
      'How the proxy authenticates: an OAuth client, a login, HTTP Basic, a token that it is given, or not at all. Without it, what is given decides.',
    common: true,
  }),
  ...oauth,
  ...otherMethods,
  ...tls,
  ...scope,
} as const

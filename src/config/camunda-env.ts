/**
 * The names by which Camunda's own clients and the Console's download know a setting, newest first. Everything else
 * is `CAMUNDA_PROXY_` and the setting's name.
 */
const camundaNames: Readonly<Record<string, readonly string[]>> = {
  restAddress: ['CAMUNDA_REST_ADDRESS', 'ZEEBE_REST_ADDRESS', 'CAMUNDA_BASE_URL'],
  clusterRegion: ['CAMUNDA_CLUSTER_REGION'],
  clusterId: ['CAMUNDA_CLUSTER_ID'],
  authStrategy: ['CAMUNDA_AUTH_STRATEGY'],
  clientId: ['CAMUNDA_CLIENT_ID', 'ZEEBE_CLIENT_ID'],
  clientSecret: ['CAMUNDA_CLIENT_SECRET', 'ZEEBE_CLIENT_SECRET'],
  oauthUrl: ['CAMUNDA_OAUTH_URL', 'CAMUNDA_AUTHORIZATION_SERVER_URL', 'ZEEBE_AUTHORIZATION_SERVER_URL'],
  tokenAudience: ['CAMUNDA_TOKEN_AUDIENCE', 'ZEEBE_TOKEN_AUDIENCE'],
  oauthScope: ['CAMUNDA_OAUTH_SCOPE', 'CAMUNDA_TOKEN_SCOPE'],
  basicAuthUsername: ['CAMUNDA_BASIC_AUTH_USERNAME', 'CAMUNDA_USERNAME'],
  basicAuthPassword: ['CAMUNDA_BASIC_AUTH_PASSWORD', 'CAMUNDA_PASSWORD'],
  cookieAuthUrl: ['CAMUNDA_COOKIE_AUTH_URL'],
  cookieAuthUsername: ['CAMUNDA_COOKIE_AUTH_USERNAME'],
  cookieAuthPassword: ['CAMUNDA_COOKIE_AUTH_PASSWORD'],
  oauthToken: ['CAMUNDA_OAUTH_TOKEN'],
  tlsCa: ['CAMUNDA_MTLS_CA', 'CAMUNDA_CUSTOM_ROOT_CERT_STRING'],
  tlsCaFile: ['CAMUNDA_MTLS_CA_PATH', 'CAMUNDA_CUSTOM_ROOT_CERT_PATH', 'CAMUNDA_CA_CERTIFICATE_PATH'],
  tlsCert: ['CAMUNDA_MTLS_CERT'],
  tlsCertFile: ['CAMUNDA_MTLS_CERT_PATH', 'CAMUNDA_CUSTOM_CERT_CHAIN_PATH'],
  tlsKey: ['CAMUNDA_MTLS_KEY'],
  tlsKeyFile: ['CAMUNDA_MTLS_KEY_PATH', 'CAMUNDA_CUSTOM_PRIVATE_KEY_PATH'],
  tlsKeyPassphrase: ['CAMUNDA_MTLS_KEY_PASSPHRASE'],
  operateAddress: ['CAMUNDA_OPERATE_BASE_URL'],
  operateAudience: ['CAMUNDA_OPERATE_OAUTH_AUDIENCE'],
  tasklistAddress: ['CAMUNDA_TASKLIST_BASE_URL'],
  tasklistAudience: ['CAMUNDA_TASKLIST_OAUTH_AUDIENCE'],
  optimizeAddress: ['CAMUNDA_OPTIMIZE_BASE_URL'],
  optimizeAudience: ['CAMUNDA_OPTIMIZE_OAUTH_AUDIENCE'],
  administrationAddress: ['CAMUNDA_CONSOLE_BASE_URL'],
  administrationAudience: ['CAMUNDA_CONSOLE_OAUTH_AUDIENCE'],
  administrationClientId: ['CAMUNDA_CONSOLE_CLIENT_ID'],
  administrationClientSecret: ['CAMUNDA_CONSOLE_CLIENT_SECRET'],
  httpsProxy: ['HTTPS_PROXY', 'https_proxy'],
  httpProxy: ['HTTP_PROXY', 'http_proxy'],
  noProxy: ['NO_PROXY', 'no_proxy'],
}

const PREFIX = 'CAMUNDA_PROXY_'

/** The environment variables that feed a setting, in the order in which they are looked at. */
export function environmentNames(setting: string): readonly string[] {
  const known = camundaNames[setting]
  const secret = /^(.*)File$/.exec(setting)?.[1]
  if (known === undefined && secret !== undefined)
    return environmentNames(secret).map((name) => `${name}_FILE`)
  return known ?? [PREFIX + snakeCase(setting).toUpperCase()]
}

/** `adminPort` → `admin-port`. */
export function flagName(setting: string): string {
  return snakeCase(setting).replaceAll('_', '-')
}

/** Variables that look like ours and feed nothing: most likely misspelt. */
export function unknownVariables(names: Iterable<string>, settings: readonly string[]): string[] {
  const known = new Set(settings.flatMap(environmentNames))
  return [...names].filter((name) => name.startsWith(PREFIX) && !known.has(name))
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

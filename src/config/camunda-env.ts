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
}

const PREFIX = 'CAMUNDA_PROXY_'

/** The environment variables that feed a setting, in the order in which they are looked at. */
export function environmentNames(setting: string): readonly string[] {
  const secret = /^(.*)File$/.exec(setting)?.[1]
  if (secret !== undefined) return environmentNames(secret).map((name) => `${name}_FILE`)
  return camundaNames[setting] ?? [PREFIX + snakeCase(setting).toUpperCase()]
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

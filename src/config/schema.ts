import type { XStatic } from 'typebox/schema'

/** What a setting is for, what a value has to look like, and whether it must be kept out of sight. */
interface Note {
  description: string
  /** Completes "expected …" where a value does not fit. */
  expected: string
  secret?: true
  default?: unknown
}

const text = <const N extends Note>(note: N) => ({ type: 'string', minLength: 1, ...note }) as const
const url = <const N extends Note>(note: N) =>
  ({ type: 'string', pattern: '^[Hh][Tt][Tt][Pp][Ss]?://[^/]', ...note }) as const
const flag = <const N extends Note>(note: N) => ({ type: 'boolean', default: false, ...note }) as const
const list = <const N extends Note>(note: N) =>
  ({ type: 'array', items: { type: 'string', minLength: 1 }, default: [], ...note }) as const
const port = { type: 'integer', minimum: 0, maximum: 65_535 } as const
const choice = <const T extends readonly string[]>(
  values: T,
  note: Partial<Note> & { description: string },
) => ({ type: 'string', enum: values, expected: `one of ${values.join(', ')}`, ...note }) as const

/** The one schema of the settings: their type, validation, defaults and documentation come from it. */
export const schema = {
  $id: 'urn:camunda-auth-proxy:settings',
  title: 'Settings of camunda-auth-proxy',
  type: 'object',
  additionalProperties: false,
  // Those with a default: they have a value whatever is given.
  required: [
    'authStrategy',
    'oauthUrl',
    'host',
    'port',
    'adminHost',
    'adminPort',
    'allowedHosts',
    'allowRemote',
    'allowPlainHttp',
    'maxReplayBytes',
    'accessLog',
    'logLevel',
  ],
  properties: {
    restAddress: url({
      description:
        'Address of the cluster’s REST API, with or without `/v2`. Without it, SaaS is addressed by region and cluster id, and Self-Managed at `http://localhost:8080`.',
      expected: 'a URL such as https://bru-2.zeebe.camunda.io/CLUSTER_ID',
    }),
    clusterRegion: text({
      description: 'SaaS region, used with `clusterId` where there is no `restAddress`.',
      expected: 'a region such as bru-2',
    }),
    clusterId: text({ description: 'SaaS cluster id.', expected: 'the id that Console shows' }),
    authStrategy: choice(['OAUTH'], {
      description: 'How the proxy authenticates: `OAUTH` is the client-credentials grant.',
      expected: 'OAUTH; NONE is for clients that call this proxy: give them an environment of their own',
      default: 'OAUTH',
    }),
    clientId: text({ description: 'OAuth client id.', expected: 'the client id of your API client' }),
    clientSecret: text({
      description: 'OAuth client secret. Never a flag, since flags show in process lists.',
      expected: 'the client secret of your API client',
      secret: true,
    }),
    clientSecretFile: text({
      description:
        'File that holds the client secret; read anew for each token, so a rotated secret is picked up.',
      expected: 'the path of a readable file that is not empty',
    }),
    oauthUrl: url({
      description: 'Token URL of the identity provider.',
      expected: 'a URL such as https://login.cloud.camunda.io/oauth/token',
      default: 'https://login.cloud.camunda.io/oauth/token',
    }),
    tokenAudience: text({
      description:
        'Audience to ask the token for. `zeebe.camunda.io` with the SaaS token URL, otherwise none.',
      expected: 'an audience such as zeebe.camunda.io',
    }),
    oauthScope: text({
      description:
        'Scope to ask the token for, for providers that want one (Entra ID: `CLIENT_ID/.default`).',
      expected: 'a scope',
    }),
    host: text({
      description: 'Address to listen on. Anything but loopback needs `callerToken` or `allowRemote`.',
      expected: 'an IP address or host name of this machine',
      default: '127.0.0.1',
    }),
    port: {
      ...port,
      description: 'Port to listen on; 0 takes a free one.',
      expected: 'a port from 0 to 65535',
      default: 8_080,
    },
    socket: text({
      description: 'Path of a Unix socket (mode 0600) to listen on instead of host and port.',
      expected: 'a path in an existing folder',
    }),
    adminHost: text({
      description: 'Address of the admin listener (probes).',
      expected: 'an IP address or host name of this machine',
      default: '127.0.0.1',
    }),
    adminPort: {
      anyOf: [port, { type: 'string', const: 'off' }],
      description: 'Port of the admin listener; `off` for none.',
      expected: 'a port from 0 to 65535, or off',
      default: 9_601,
    },
    allowedHosts: list({
      description: 'Further names that callers may use in `Host`, such as the name of a container.',
      expected: 'host names, separated by commas',
    }),
    allowRemote: flag({
      description: 'Lets other machines use the credential without a caller token. Think twice.',
      expected: 'true or false',
    }),
    callerToken: text({
      description: 'What callers must send in the header `X-Camunda-Proxy-Token`. Never a flag.',
      expected: 'a long random text',
      secret: true,
    }),
    callerTokenFile: text({
      description: 'File that holds the caller token; read at start.',
      expected: 'the path of a readable file that is not empty',
    }),
    allowPlainHttp: list({
      description: 'Hosts to which secrets and tokens may go over plain http although they are not loopback.',
      expected: 'host names, separated by commas',
    }),
    maxReplayBytes: {
      type: 'integer',
      description: 'How much of a request body is kept so that it can be sent again after a 401, in bytes.',
      expected: 'a number of bytes from 0 to 16777216',
      minimum: 0,
      maximum: 16 * 1024 * 1024,
      default: 256 * 1024,
    },
    accessLog: choice(['off', 'errors', 'all'], {
      description:
        'Which requests are logged: `errors` are those from status 400 and those that this proxy answered itself.',
      default: 'errors',
    }),
    logLevel: choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      description: 'Least severe level that is logged.',
      default: 'info',
    }),
  },
} as const

/** The settings as they are written, before anything is worked out from them. */
export type RawSettings = Mutable<XStatic<typeof schema>>
type Mutable<T> = { -readonly [K in keyof T]: T[K] }
export type SettingName = keyof RawSettings

export const settingNames = Object.keys(schema.properties) as SettingName[]

/** The part of the schema that describes one setting. */
export function settingSchema(
  name: SettingName,
): Note & { type?: string; enum?: readonly string[]; anyOf?: unknown } {
  return schema.properties[name]
}

/** Whether a setting's value must never be shown. */
export function isSecret(name: SettingName): boolean {
  return settingSchema(name).secret === true
}

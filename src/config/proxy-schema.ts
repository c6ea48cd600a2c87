import { choice, fileOf, flag, list, text } from './notes.ts'
import { ORIGINS_EXPECTED } from './origins.ts'

/** More than this is a mistake: they would hold gigabytes. */
export const MAX_WORKERS = 64

/** 2^32 - 1 stands for none. */
const MAX_UID = 2 ** 32 - 2

const port = { type: 'integer', minimum: 0, maximum: 65_535 } as const

/** What is said of the proxy as a whole. */
export const proxyProperties = {
  host: text({
    description:
      'Address to listen on. Anything but loopback needs callers to be known (`callerToken`, `callersFile`, `callerAuth`) or `allowRemote`.',
    expected: 'an IP address or host name of this machine',
    default: '127.0.0.1',
    common: true,
  }),
  port: {
    ...port,
    description: 'Port to listen on; 0 takes a free one.',
    expected: 'a port from 0 to 65535',
    default: 8_080,
    common: true,
  },
  socket: text({
    description: 'Path of a Unix socket (mode 0600) to listen on instead of host and port.',
    expected: 'a path in an existing folder',
    common: true,
  }),
  workers: {
    anyOf: [
      { type: 'integer', minimum: 1, maximum: MAX_WORKERS },
      { type: 'string', const: 'auto' },
    ],
    description:
      'How many processes forward requests; `auto` for as many as there are cores. More than one share one credential.',
    expected: `a number from 1 to ${MAX_WORKERS}, or auto`,
    default: 1,
    common: true,
  },
  adminHost: text({
    description: 'Address of the admin listener (probes).',
    expected: 'an IP address or host name of this machine',
    default: '127.0.0.1',
    common: true,
  }),
  adminPort: {
    anyOf: [port, { type: 'string', const: 'off' }],
    description: 'Port of the admin listener; `off` for none.',
    expected: 'a port from 0 to 65535, or off',
    default: 9_601,
    common: true,
  },
  adminSocket: text({
    description: 'Path of a Unix socket (mode 0600) for the admin listener, instead of its host and port.',
    expected: 'a path in an existing folder',
  }),
  shareToken: flag({
    description:
      'Dangerous: the admin listener gives the credential itself to processes of this machine that ask for it, as `camunda-auth-proxy token` does. What they do with it, no `readOnly` and no `allow` limits. Best with `adminSocket`.',
    expected: 'true or false',
  }),
  allowedHosts: list({
    description: 'Further names that callers may use in `Host`, such as the name of a container.',
    expected: 'host names, separated by commas',
    common: true,
  }),
  allowedOrigins: list({
    description:
      'Origins whose web pages may call, such as `http://localhost:3000`. Whatever is served there can use the credential.',
    expected: ORIGINS_EXPECTED,
    common: true,
  }),
  allowedUids: {
    type: 'array',
    minItems: 1,
    items: {
      anyOf: [
        { type: 'integer', minimum: 0, maximum: MAX_UID },
        { type: 'string', pattern: '^(self|[0-9]{1,10})$' },
      ],
    },
    description:
      'Only processes of these users of this machine may connect, by number; `self` is the user of the proxy. Linux only, and not for a Unix socket. Holds for the admin listener as well, while that is on loopback.',
    expected: 'user ids or self, separated by commas',
  },
  allowRemote: flag({
    description: 'Lets other machines use the credential without a caller token. Think twice.',
    expected: 'true or false',
    common: true,
  }),
  callerToken: text({
    description: 'What callers must send in the header `X-Camunda-Proxy-Token`. Never a flag.',
    expected: 'a long random text',
    secret: true,
    common: true,
  }),
  callerTokenFile: text({
    description: 'File that holds the caller token; read at start.',
    expected: 'the path of a readable file that is not empty',
    common: true,
  }),
  callersFile: text({
    description:
      'File of named callers, each with the hash of its token and what it may do; read again when it changes.',
    expected: 'the path of a readable file of callers',
  }),
  callerAuth: choice(['none', 'client-credentials'], {
    description:
      '`client-credentials`: each caller sends its own client id and secret as HTTP Basic and gets a token of its own, so that the cluster sees who calls.',
    default: 'none',
  }),
  allowPlainHttp: list({
    description: 'Hosts to which secrets and tokens may go over plain http although they are not loopback.',
    expected: 'host names, separated by commas',
    common: true,
  }),
  httpsProxy: text({
    description: 'Egress proxy for https, with or without `user:password@`.',
    expected: 'a URL such as http://proxy.example:3128',
    secret: true,
  }),
  httpsProxyFile: fileOf('that URL'),
  httpProxy: text({
    description: 'Egress proxy for plain http.',
    expected: 'a URL such as http://proxy.example:3128',
    secret: true,
  }),
  httpProxyFile: fileOf('that URL'),
  noProxy: text({
    description: 'Hosts, suffixes and networks to be reached without an egress proxy.',
    expected: 'a list separated by commas',
  }),
  defaultCluster: text({
    description: 'Which of `clusters` is served at `/v2`.',
    expected: 'the name of one of the clusters',
  }),
  maxReplayBytes: {
    type: 'integer',
    description: 'How much of a request body is kept so that it can be sent again after a 401, in bytes.',
    expected: 'a number of bytes from 0 to 16777216',
    minimum: 0,
    maximum: 16 * 1024 * 1024,
    default: 256 * 1024,
    common: true,
  },
  accessLog: choice(['off', 'errors', 'all'], {
    description:
      'Which requests are logged: `errors` are those from status 400 and those that this proxy answered itself.',
    default: 'errors',
    common: true,
  }),
  tracing: flag({
    description:
      'Makes spans of requests and token requests for the OpenTelemetry SDK that you register; needs the package `@opentelemetry/api`.',
    expected: 'true or false',
  }),
  logLevel: choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
    description: 'Least severe level that is logged.',
    default: 'info',
    common: true,
  }),
  stateFile: text({
    description:
      'File in which refusals are remembered, so that a restart goes on with the pause; `off` for none. Without it one in `XDG_RUNTIME_DIR`, `XDG_STATE_HOME` or the folder for temporary files.',
    expected: 'a path in an existing folder, or off',
  }),
} as const

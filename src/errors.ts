/**
 * Every error this program makes, in one table: the README's troubleshooting section and docs/problems.md
 * are generated from it, and every answer of the gateway's own is looked up in it.
 */

/** Whose fault a problem is: the first thing that the reader of an error wants to know. */
export type Fault = 'this proxy' | 'settings' | 'identity provider' | 'cluster' | 'caller'

interface ProblemKind {
  status: number
  title: string
  fault: Fault
  /** What the reader should do about it. */
  cure: string
  /** The `error` parameter of Proxy-Status (RFC 9209 section 2.3). */
  proxyStatus: string
}

const problems = {
  'host-not-allowed': {
    status: 421,
    title: 'The Host header names a host that this proxy does not answer for',
    fault: 'caller',
    cure: 'Call it as localhost or 127.0.0.1, or list the name you use in the setting allowedHosts.',
    proxyStatus: 'http_request_denied',
  },
  'origin-not-allowed': {
    status: 403,
    title: 'A web page may not use this proxy',
    fault: 'caller',
    cure: 'Call the proxy from a program, not from a page: it would lend its credential to any site you visit.',
    proxyStatus: 'http_request_denied',
  },
  'caller-not-authenticated': {
    status: 401,
    title: 'The caller has not said who it is, or is not known',
    fault: 'caller',
    cure: 'Send a caller token in the header X-Camunda-Proxy-Token; with callerAuth client-credentials, send client id and secret as HTTP Basic.',
    proxyStatus: 'http_request_denied',
  },
  'caller-refused': {
    status: 401,
    title: 'The identity provider refused the client of the caller',
    fault: 'caller',
    cure: 'Check the client id and secret that the caller sends as HTTP Basic; wrong ones are tried ever more rarely.',
    proxyStatus: 'http_request_denied',
  },
  'path-not-allowed': {
    status: 404,
    title: 'This proxy does not forward this path',
    fault: 'caller',
    cure: 'Set the base URL of your client to this proxy and let it append /v2/…, or name the API in the setting apis.',
    proxyStatus: 'http_request_denied',
  },
  'unknown-cluster': {
    status: 404,
    title: 'This proxy has no cluster of that name',
    fault: 'caller',
    cure: 'Use a name from the setting clusters: /clusters/NAME/v2/…',
    proxyStatus: 'http_request_denied',
  },
  'read-only': {
    status: 403,
    title: 'This proxy only lets requests through that read',
    fault: 'caller',
    cure: 'Use GET, HEAD or a POST that searches, or start the proxy without readOnly.',
    proxyStatus: 'http_request_denied',
  },
  'not-in-scope': {
    status: 403,
    title: 'This request is not among those that are allowed',
    fault: 'caller',
    cure: 'Add the method and path to the setting allow of the cluster, or to the entry of the caller.',
    proxyStatus: 'http_request_denied',
  },
  'method-not-allowed': {
    status: 405,
    title: 'This method is never forwarded',
    fault: 'caller',
    cure: 'Use another method: an answer to TRACE would show the credential to the caller.',
    proxyStatus: 'http_request_denied',
  },
  'bad-path': {
    status: 400,
    title: 'The request target cannot be forwarded safely',
    fault: 'caller',
    cure: 'Send an origin-form target (/v2/…) in valid percent-encoding and without dot segments.',
    proxyStatus: 'http_request_error',
  },
  'bad-request': {
    status: 400,
    title: 'The request is not valid HTTP',
    fault: 'caller',
    cure: 'Check how the client writes its request line, headers and body.',
    proxyStatus: 'http_request_error',
  },
  'headers-too-large': {
    status: 431,
    title: 'The request line and headers are larger than 16 KiB',
    fault: 'caller',
    cure: 'Send fewer or shorter headers; nothing was forwarded.',
    proxyStatus: 'http_request_error',
  },
  'request-timeout': {
    status: 408,
    title: 'The request did not arrive in time',
    fault: 'caller',
    cure: 'Send the whole request head within 60 seconds of connecting, and something of the body every five minutes.',
    proxyStatus: 'http_request_error',
  },
  'credential-unavailable': {
    status: 503,
    title: 'No usable credential could be had',
    fault: 'identity provider',
    cure: 'Check the address of whoever the detail names (identity provider, login of the cluster, egress proxy) and that it can be reached from here; the proxy goes on trying.',
    proxyStatus: 'proxy_internal_response',
  },
  'credential-refused': {
    status: 503,
    title: 'What this proxy authenticates with was refused or cannot be used',
    fault: 'settings',
    cure: 'Check what the detail names: client id, client secret, audience and scope, or user name and password, or the given token; the proxy tries again by itself after a pause, at once when the file of the secret changes.',
    proxyStatus: 'proxy_internal_response',
  },
  'egress-failed': {
    status: 502,
    title: 'The way out failed before the cluster was reached',
    fault: 'this proxy',
    cure: 'Check the certificate files and the egress proxy (HTTPS_PROXY, NO_PROXY) that the settings name; nothing was sent.',
    proxyStatus: 'proxy_configuration_error',
  },
  'upstream-unreachable': {
    status: 502,
    title: 'The cluster could not be reached',
    fault: 'cluster',
    cure: 'Check the cluster URL, name resolution, the network and the TLS certificate; nothing was sent.',
    proxyStatus: 'destination_unavailable',
  },
  'upstream-broke-off': {
    status: 502,
    title: 'The cluster broke off the exchange',
    fault: 'cluster',
    cure: 'The request may or may not have been carried out: check before you repeat one that changes something.',
    proxyStatus: 'connection_terminated',
  },
  'upstream-timeout': {
    status: 504,
    title: 'The cluster took too long',
    fault: 'cluster',
    cure: 'Check the network between this proxy and the cluster.',
    proxyStatus: 'connection_timeout',
  },
  draining: {
    status: 503,
    title: 'This proxy is shutting down',
    fault: 'this proxy',
    cure: 'Repeat the request on a new connection; nothing was forwarded.',
    proxyStatus: 'proxy_internal_response',
  },
  'loop-detected': {
    status: 508,
    title: 'This proxy was asked to call itself',
    fault: 'this proxy',
    cure: 'Point the cluster URL at the cluster, not at this proxy.',
    proxyStatus: 'proxy_loop_detected',
  },
  'internal-error': {
    status: 500,
    title: 'This proxy failed',
    fault: 'this proxy',
    cure: 'This is a defect: please report it with the log lines around it.',
    proxyStatus: 'proxy_internal_error',
  },
} as const satisfies Record<string, ProblemKind>

export type ProblemCode = keyof typeof problems

export const problemCodes = Object.keys(problems) as ProblemCode[]

/** Looks a problem up. */
export function problemKind(code: ProblemCode): ProblemKind {
  return problems[code]
}

/** A failure that has a place in the table. Its message is safe to show to a caller. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: ProblemCode
  /** Seconds after which a repetition makes sense, for `Retry-After`. */
  readonly retryAfterS: number | undefined
  /** Whose fault it is this time, which for some problems depends on the settings. */
  readonly fault: Fault

  constructor(code: ProblemCode, detail: string, options: { retryAfterS?: number; fault?: Fault } = {}) {
    super(detail)
    this.code = code
    this.fault = options.fault ?? problems[code].fault
    this.retryAfterS = options.retryAfterS
  }
}

/** One thing wrong with the configuration. Never holds the value of a secret. */
export interface SettingFault {
  setting: string
  /** Where the value came from, such as `environment variable CAMUNDA_PROXY_PORT`. */
  source: string
  /** Completes "expected …". */
  expected: string
}

/** The configuration cannot be used; lists everything that is wrong with it, and notes that may explain it. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
  readonly faults: readonly SettingFault[]

  constructor(faults: readonly SettingFault[], notes: readonly string[] = []) {
    const lines = faults.map((fault) => `${fault.setting} (${fault.source}): expected ${fault.expected}`)
    super([...lines, ...notes.map((note) => `note: ${note}`)].join('\n'))
    this.faults = faults
  }
}

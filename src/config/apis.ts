/** An API of Camunda 8 that can be reached through this proxy. */
interface Api {
  /** Where callers find it and how much of it is forwarded, as messages write it. */
  at: string
  /** Takes the same from the front of a target, slashes that a client doubled and `/v2` that it repeated included. */
  prefix: RegExp
  /** What takes the place of `prefix` before the target is appended to the base path of the API's address. */
  upstream: string
  /** Whether it has an address and an audience of its own; it is then mounted below its name, which is cut off. */
  ownAddress: boolean
  /** Patterns of the paths, as callers write them, that a POST only reads from. */
  reads: readonly string[]
}

/**
 * A search stands right behind a resource or behind what belongs to one of it; statistics have names of their own.
 * No broader, since `search` or `statistics` may also be the name of what is written: POST
 * /cluster-variables/tenants/{tenantId} creates a variable, POST /documents/{documentId}/links a link. Evaluations
 * are no reads: a decision leaves an instance behind, a conditional starts processes, an expression is the caller's code.
 */
const readsBelow = (root: string) => [
  `${root}/*/search`,
  `${root}/*/*/*/search`,
  `${root}/process-definitions/statistics/*`,
  `${root}/process-definitions/*/statistics/*`,
  `${root}/incidents/statistics/*`,
  `${root}/jobs/statistics/*`,
]

/**
 * Every API, in the order in which they are looked for. `v2` is always served, the others where the setting `apis`
 * names them. A prefix is found as it is written here only: no encoding and no other case will do.
 */
export const apis = {
  v2: {
    at: '/v2/**',
    prefix: /^\/+(?:v2\/+)*v2(?=[/?]|$)/,
    upstream: '/v2',
    ownAddress: false,
    reads: readsBelow('/v2'),
  },
  v1: {
    at: '/v1/**',
    prefix: /^\/+v1(?=[/?]|$)/,
    upstream: '/v1',
    ownAddress: false,
    reads: ['/v1/*/search', '/v1/tasks/*/variables/search'],
  },
  cluster: {
    at: '/cluster/v2/**',
    prefix: /^\/+cluster\/+(?:v2\/+)*v2(?=[/?]|$)/,
    upstream: '/cluster/v2',
    ownAddress: false,
    reads: readsBelow('/cluster/v2'),
  },
  'physical-tenants': {
    at: '/physical-tenants/{id}/v2/**',
    // Camunda takes lower-case letters and digits for an id; nothing that decodes to a slash may be one.
    prefix: /^\/+physical-tenants\/+([\w-]+)\/+(?:v2\/+)*v2(?=[/?]|$)/,
    upstream: '/physical-tenants/$1/v2',
    ownAddress: false,
    reads: readsBelow('/physical-tenants/*/v2'),
  },
  // A POST can call any tool.
  mcp: { at: '/mcp/**', prefix: /^\/+mcp(?=[/?]|$)/, upstream: '/mcp', ownAddress: false, reads: [] },
  operate: {
    at: '/operate/v1/**',
    prefix: /^\/+operate\/+v1(?=[/?]|$)/,
    upstream: '/v1',
    ownAddress: true,
    reads: ['/operate/v1/*/search'],
  },
  tasklist: {
    at: '/tasklist/v1/**',
    prefix: /^\/+tasklist\/+v1(?=[/?]|$)/,
    upstream: '/v1',
    ownAddress: true,
    reads: ['/tasklist/v1/*/search', '/tasklist/v1/tasks/*/variables/search'],
  },
  optimize: {
    at: '/optimize/api/**',
    prefix: /^\/+optimize\/+api(?=[/?]|$)/,
    upstream: '/api',
    ownAddress: true,
    reads: [],
  },
  administration: {
    at: '/administration/**',
    prefix: /^\/+administration(?:\/+|(?=\?|$))/,
    upstream: '/',
    ownAddress: true,
    reads: [],
  },
} as const satisfies Record<string, Api>

export type ApiName = keyof typeof apis

export const apiNames = Object.keys(apis) as ApiName[]

/** The path of a checked target as callers write it below the prefix of their cluster: what rules are compared with. */
export function callerPath(api: ApiName, url: string): string {
  return apis[api].ownAddress ? `/${api}${url}` : url
}

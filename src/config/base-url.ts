/** Where the cluster's REST API lives: requests to `/v2/…` go to `origin + basePath + /v2/…`. */
export interface BaseUrl {
  /** Scheme, host and port, such as `https://bru-2.zeebe.camunda.io`. */
  origin: string
  /** '' or a path such as `/CLUSTER_ID`, without a slash at its end. */
  basePath: string
}

/**
 * Reads a cluster address in the shapes that people have at hand: with or without a slash at its end, with or
 * without `/v2`, with `:443`, and with the stray `/:443/` segment that Console offers for copying.
 * Returns a sentence instead if it cannot be one.
 */
export function parseBaseUrl(address: string): BaseUrl | string {
  if (!/^https?:\/\//i.test(address.trim())) return 'an address that begins with https:// or http://'
  if (!URL.canParse(address.trim())) return 'a valid URL'
  const url = new URL(address.trim())
  if (url.username !== '' || url.password !== '') return 'a URL without a user name or password in it'
  if (url.search !== '' || url.hash !== '') return 'a URL without a query or fragment'
  const basePath = url.pathname
    .replace(/^\/:\d+(?=\/|$)/, '')
    .replace(/\/+/g, '/')
    .replace(/(?:\/v2)*\/?$/, '')
  return { origin: url.origin, basePath }
}

/** The legacy SaaS address, as the API page documents it. */
export function saasAddress(region: string, clusterId: string): string {
  return `https://${region}.zeebe.camunda.io/${clusterId}`
}

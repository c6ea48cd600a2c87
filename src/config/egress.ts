export interface EgressProxies {
  httpProxy: string | undefined
  httpsProxy: string | undefined
  noProxy: string | undefined
}
export function egressProxyFor(url: URL, proxies: EgressProxies): string | undefined {
  return url.protocol === 'https:' ? proxies.httpsProxy : proxies.httpProxy
}

import type { Test } from 'tap'

import { type CookieCluster, type CookieClusterOptions, cookieCluster } from './cookie-cluster.ts'
import { type ProxyOptions, type RunningProxy, runProxy } from './proxy.ts'

/** What `runProxy` sets for OAuth is not there, as an empty variable is an unset one. */
export const NO_CLIENT = { CAMUNDA_OAUTH_URL: '', CAMUNDA_CLIENT_ID: '', CAMUNDA_CLIENT_SECRET: '' }

export const USER = 'the user'
export const PASSWORD = 'canary pass&+=ü'

type Options = Omit<ProxyOptions, 'clusterUrl' | 'tokenUrl'>

/** The real proxy in front of a cluster, with another method than OAuth. */
export function runMethod(t: Test, clusterUrl: string, options: Options): Promise<RunningProxy> {
  return runProxy(t, { ...options, clusterUrl, tokenUrl: '', env: { ...NO_CLIENT, ...options.env } })
}

/** The real proxy in front of a cluster that is logged in to. */
export async function setUpCookie(
  t: Test,
  cluster: CookieClusterOptions = {},
  options: Options = {},
): Promise<{ cluster: CookieCluster; proxy: RunningProxy }> {
  const made = await cookieCluster({ username: USER, password: PASSWORD, ...cluster })
  t.teardown(() => made.close())
  const login = { CAMUNDA_COOKIE_AUTH_USERNAME: USER, CAMUNDA_COOKIE_AUTH_PASSWORD: PASSWORD }
  const proxy = await runMethod(t, made.base, { ...options, env: { ...login, ...options.env } })
  return { cluster: made, proxy }
}

/** The call of the page that all this is for, without any credential. */
export function search(url: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${url}/v2/user-task/search`, {
    method: 'POST',
    body: '{}',
    ...init,
    headers: { 'content-type': 'application/json', ...init.headers },
  })
}

/** What a problem says, to be read by a person. */
export async function problemOf(response: Response): Promise<Record<string, unknown>> {
  return (await response.json()) as Record<string, unknown>
}

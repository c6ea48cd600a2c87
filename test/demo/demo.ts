import type { Test } from 'tap'
import { type DemoCluster, type DemoClusterOptions, startDemoCluster } from '../../src/demo/cluster.ts'
import {
  type DemoIdentityProvider,
  type DemoIdentityProviderOptions,
  startDemoIdentityProvider,
} from '../../src/demo/identity-provider.ts'

export const client = { clientId: 'demo-client', clientSecret: 'demo-secret', audience: 'demo-api' }

/** An identity provider that ends with the test. */
export async function identityProvider(
  t: Test,
  options: Partial<DemoIdentityProviderOptions> = {},
): Promise<DemoIdentityProvider> {
  const provider = await startDemoIdentityProvider({ ...client, ...options })
  t.teardown(() => provider.close())
  return provider
}

/** A cluster that trusts the identity provider and ends with the test. */
export async function cluster(
  t: Test,
  { issuer, jwksUrl }: DemoIdentityProvider,
  options: Partial<DemoClusterOptions> = {},
): Promise<DemoCluster> {
  const cluster = await startDemoCluster({ issuer, jwksUrl, audience: client.audience, ...options })
  t.teardown(() => cluster.close())
  return cluster
}

/** Sends a right token request, or one that differs from it in some parameters. */
export function requestToken(
  { tokenUrl }: DemoIdentityProvider,
  changes: Record<string, string> = {},
): Promise<Response> {
  const right = {
    grant_type: 'client_credentials',
    client_id: client.clientId,
    client_secret: client.clientSecret,
    audience: client.audience,
  }
  return fetch(tokenUrl, { method: 'POST', body: new URLSearchParams({ ...right, ...changes }) })
}

/** Gets an access token. */
export async function token(provider: DemoIdentityProvider): Promise<string> {
  const response = await requestToken(provider)
  const { access_token } = (await response.json()) as { access_token: string }
  return access_token
}

/** Gets an access token and makes the header of it. */
export async function authorization(provider: DemoIdentityProvider): Promise<{ authorization: string }> {
  return { authorization: `Bearer ${await token(provider)}` }
}

/** An identity provider, a cluster that trusts it, and a header that opens it. */
export async function demo(t: Test, options: Partial<DemoClusterOptions> = {}) {
  const provider = await identityProvider(t)
  return { provider, cluster: await cluster(t, provider, options), headers: await authorization(provider) }
}

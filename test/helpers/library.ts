import { Readable } from 'node:stream'
import type { Test } from 'tap'
import { Agent, type Dispatcher } from 'undici'
import { loadSettings } from '../../src/config/load.ts'
import type { Settings } from '../../src/config/settings.ts'
import { type CamundaAuth, camundaAuth } from '../../src/undici.ts'
import { type Answer, type FakeCluster, fakeCluster } from './fake-cluster.ts'
import { type FakeIdp, fakeIdp, type IdpAnswer } from './fake-idp.ts'
import { CLIENT_SECRET } from './proxy.ts'

/** A cluster and its identity provider, gone when the test ends. */
export async function camunda(
  t: Test,
  answer?: Answer,
  idpAnswer?: IdpAnswer,
): Promise<{ cluster: FakeCluster; idp: FakeIdp }> {
  const idp = await fakeIdp(idpAnswer)
  t.teardown(() => idp.close())
  const cluster = await fakeCluster(answer)
  t.teardown(() => cluster.close())
  return { cluster, idp }
}

/** The settings of a program that calls them. */
export async function settingsFor(
  { cluster, idp }: { cluster: FakeCluster; idp: FakeIdp },
  env: Record<string, string> = {},
): Promise<Settings> {
  const { settings } = await loadSettings([], {
    CAMUNDA_REST_ADDRESS: cluster.url,
    CAMUNDA_OAUTH_URL: idp.tokenUrl,
    CAMUNDA_CLIENT_ID: 'test-client',
    CAMUNDA_CLIENT_SECRET: CLIENT_SECRET,
    ...env,
  })
  return settings
}

/** An agent of undici's that knows the credential. */
export function agentFor(
  t: Test,
  { cluster, idp }: { cluster: FakeCluster; idp: FakeIdp },
  basePath = '',
): { agent: Dispatcher; auth: CamundaAuth } {
  const auth = camundaAuth({
    clusterUrl: cluster.url + basePath,
    tokenUrl: idp.tokenUrl,
    clientId: 'test-client',
    clientSecret: CLIENT_SECRET,
  })
  const agent = new Agent().compose(auth)
  t.teardown(async () => {
    await agent.destroy()
    await auth.close()
  })
  return { agent, auth }
}

/** A body in pieces. */
export function pieces(...parts: string[]): Readable {
  return Readable.from(parts.map((part) => Buffer.from(part)))
}

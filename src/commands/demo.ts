import { createServer } from 'node:net'
import { curl } from '../config/call-line.ts'
import { keepTexts, loadSettings, loadSome } from '../config/load.ts'
import { startDemoCluster } from '../demo/cluster.ts'
import { startDemoIdentityProvider } from '../demo/identity-provider.ts'
import type { Command, CommandContext } from './command.ts'
import { closeGracefully } from './graceful.ts'
import { commandLogger } from './logging.ts'
import { serve } from './serve.ts'

const AUDIENCE = 'zeebe.demo'
const CLIENT_ID = 'demo-client'
/** Nothing is behind it, and it never leaves this machine. */
const CLIENT_SECRET = 'demo-secret-of-an-embedded-identity-provider'
const BASE_PATH = '/demo-cluster'
/** Short, so that a renewal can be watched. */
const LIFETIME_S = 20

/** `camunda-auth-proxy demo`: the real proxy between an embedded identity provider and an embedded cluster. */
export const demo: Command = async (context) => {
  const idp = await startDemoIdentityProvider({
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    audience: AUDIENCE,
    lifetimeS: LIFETIME_S,
  })
  const cluster = await startDemoCluster({
    basePath: BASE_PATH,
    issuer: idp.issuer,
    jwksUrl: idp.jwksUrl,
    audience: AUDIENCE,
  })
  const env = {
    ...(await ownSettings(context)),
    CAMUNDA_REST_ADDRESS: cluster.url,
    CAMUNDA_OAUTH_URL: idp.tokenUrl,
    CAMUNDA_CLIENT_ID: CLIENT_ID,
    CAMUNDA_CLIENT_SECRET: CLIENT_SECRET,
    CAMUNDA_TOKEN_AUDIENCE: AUDIENCE,
    CAMUNDA_PROXY_STATE_FILE: 'off',
  }
  const { args } = context
  const { files, readFile } = keepTexts()
  const { settings } = await loadSettings(args, env, readFile)
  const logger = await commandLogger(context, settings.logLevel)
  const { address, close } = await serve(settings, logger, context.stdout, {
    args,
    env,
    files,
    staying: undefined,
  })
  context.stdout.write(invitation(curl(settings, address), cluster.url))
  closeGracefully(logger, async () => {
    await close()
    await Promise.all([cluster.close(), idp.close()])
  })
  return undefined
}

/** The proxy's own settings, with free ports for those that are taken: a demo should not fail on that. */
async function ownSettings({ args, env }: CommandContext): Promise<Record<string, string | undefined>> {
  const names = Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith('CAMUNDA_PROXY_')))
  const { port, adminPort } = await loadSome(['port', 'adminPort'], args, names)
  const free = (await isFree(port)) ? port : 0
  const adminFree = adminPort === 'off' || (await isFree(adminPort)) ? adminPort : 0
  return { ...names, CAMUNDA_PROXY_PORT: String(free), CAMUNDA_PROXY_ADMIN_PORT: String(adminFree) }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}

/** `call` is a curl line up to the path. */
function invitation(call: string, cluster: string): string {
  const json = "-H 'Content-Type: application/json'"
  return `
No credential is needed below; the proxy adds one that lives ${LIFETIME_S} s and renews it ahead of expiry:

  ${call}/v2/topology
  ${call}/v2/process-definitions/search ${json} -d '{}'
  ${call}/v2/user-tasks/search ${json} -d '{}'
  ${call}/v2/jobs/activation ${json} -d '{"type":"demo","timeout":60000,"maxJobsToActivate":1,"requestTimeout":5000}'
  ${call}/v2/documents -F file=@package.json

Without the proxy the same cluster answers 401:

  curl -i ${cluster}/v2/topology

Ctrl+C ends the demo.

`
}

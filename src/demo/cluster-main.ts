/** The stand-in cluster as a process of its own, set up by environment variables; an empty one counts as unset. */

import { startDemoCluster } from './cluster.ts'

const {
  DEMO_CLUSTER_HOST: host,
  DEMO_CLUSTER_PORT: port,
  DEMO_JWKS_URL: jwksUrl,
  DEMO_ISSUER: issuer,
  DEMO_AUDIENCE: audience,
} = process.env

if (!jwksUrl) throw new Error('DEMO_JWKS_URL must say where the identity provider publishes its keys')

const cluster = await startDemoCluster({
  host: host || '0.0.0.0',
  port: Number(port || 8080),
  jwksUrl,
  ...(issuer && { issuer }),
  ...(audience && { audience }),
})
process.stdout.write(`Stand-in cluster listens on ${cluster.url}\n`)

process.once('SIGTERM', cluster.close)
process.once('SIGINT', cluster.close)

/**
 * The image, built and run: `node scripts/test-container.mjs`. Needs Linux, a build, and podman or docker; which of them,
 * and with which options, says CONTAINER_ENGINE (`podman`), and BUILD_OPTIONS what else a build needs. With base images
 * that are here already, nothing is pulled. Prints a line for each thing that was seen, and ends with 1 if one is not so.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startDemoCluster } from '../dist/demo/cluster.js'
import { startDemoIdentityProvider } from '../dist/demo/identity-provider.js'
import { freePort, start, until, workFolder } from './lib/processes.mjs'

const IMAGE = 'localhost/camunda-auth-proxy:test'
const USER = '65532'
const SECRET = 'a-secret-of-the-container-test'

const words = (name, fallback) => (process.env[name] ?? fallback).split(' ').filter((word) => word !== '')
const [engine = 'podman', ...engineOptions] = words('CONTAINER_ENGINE', 'podman')
const run = (...args) =>
  execFileSync(engine, [...engineOptions, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })

const isPodman = engine.endsWith('podman')
// Images of the OCI's format, which podman makes by itself, have no health check.
const format = isPodman ? ['--format', 'docker'] : []
run('build', ...format, ...words('BUILD_OPTIONS', ''), '--tag', IMAGE, '.')
const image = JSON.parse(run('image', 'inspect', IMAGE))[0]
seen('its size in MB', Math.round(image.Size / 1e6), (size) => size < 250)
seen('its user', image.Config.User, (user) => user === `${USER}:${USER}`)

const audience = 'zeebe.demo'
const client = { clientId: 'demo-client', clientSecret: SECRET }
const idp = await startDemoIdentityProvider({ ...client, audience, lifetimeS: 60 })
const { issuer, jwksUrl, tokenUrl } = idp
const cluster = await startDemoCluster({ basePath: '/demo', issuer, jwksUrl, audience })
const folder = workFolder('container-test')
const secretFile = join(folder, 'client-secret')
writeFileSync(secretFile, SECRET, { mode: 0o644 })
const [port, adminPort] = [await freePort(), await freePort()]
const variables = {
  CAMUNDA_REST_ADDRESS: cluster.url,
  CAMUNDA_OAUTH_URL: tokenUrl,
  CAMUNDA_TOKEN_AUDIENCE: audience,
  CAMUNDA_CLIENT_ID: client.clientId,
  CAMUNDA_CLIENT_SECRET_FILE: '/run/secrets/client-secret',
  CAMUNDA_PROXY_PORT: String(port),
  CAMUNDA_PROXY_ADMIN_PORT: String(adminPort),
}
const NAME = `camunda-auth-proxy-test-${process.pid}`
const container = start(engine, [
  ...engineOptions,
  ...['run', '--rm', '--name', NAME, '--network', 'host', '--read-only', '--cap-drop', 'ALL'],
  ...['--security-opt', 'no-new-privileges', '--volume', `${secretFile}:/run/secrets/client-secret:ro`],
  ...Object.entries(variables).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
  IMAGE,
])

try {
  const answers = async (url) => (await fetch(url).catch(() => undefined))?.status === 200
  await until(() => answers(`http://127.0.0.1:${adminPort}/readyz`), 60, 'the container is ready')
  const topology = await fetch(`http://127.0.0.1:${port}/v2/topology`)
  seen('the status of a call through it', topology.status, (status) => status === 200)
  seen('what its health check says', health(), (word) => word === 'healthy')
  const pid = run('inspect', '--format', '{{.State.Pid}}', NAME).trim()
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  seen('the user that it runs as', field(status, 'Uid'), (uids) =>
    uids.split('\t').every((uid) => uid === USER),
  )
  seen('its capabilities', field(status, 'CapBnd'), (caps) => /^0+$/.test(caps))
  seen('whether it can get more privileges', field(status, 'NoNewPrivs'), (word) => word === '1')
  const root = readFileSync(`/proc/${pid}/mountinfo`, 'utf8')
    .split('\n')
    .find((line) => line.split(' ')[4] === '/')
  seen(
    'the options of its root',
    root?.split(' ')[5],
    (options) => options?.split(',').includes('ro') === true,
  )
  const memory = Number(field(status, 'VmRSS').replace(/\D/g, ''))
  seen('the memory that it holds in MB', Math.round(memory / 1024), (held) => held < 200)
  run('stop', '--time', '35', NAME)
  seen('how it ends', (await container.ended).code, (code) => code === 0)
  const output = container.output()
  seen(
    'its last word',
    /"msg":"closed"/.test(output) ? 'closed' : output.slice(-200),
    (word) => word === 'closed',
  )
  seen('whether its log holds the secret', output.includes(SECRET), (held) => !held)
} finally {
  try {
    execFileSync(engine, [...engineOptions, 'rm', '--force', NAME], { stdio: 'ignore' })
  } catch {
    // It is gone, as it should be.
  }
  await Promise.all([cluster.close(), idp.close()])
}

/** As the engine finds by running the command of the image. */
function health() {
  if (isPodman) {
    run('healthcheck', 'run', NAME)
    return 'healthy'
  }
  return run('inspect', '--format', '{{.State.Health.Status}}', NAME).trim()
}

function field(status, name) {
  return new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? ''
}

function seen(what, value, isRight) {
  const right = isRight(value)
  process.stdout.write(`${right ? 'ok' : 'NOT OK'}  ${what}: ${JSON.stringify(value)}\n`)
  if (!right) process.exitCode = 1
}

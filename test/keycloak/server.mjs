/** A Keycloak of this run's own: fetched from Maven Central, started on loopback, administered by its REST API. */
import { randomUUID } from 'node:crypto'
import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, run, start, until } from '../../scripts/lib/processes.mjs'
import { bareCertificate } from './certificates.mjs'

/**
 * Newest first: not every mirror serves every version. The older one takes a secret in the body and in the header from
 * any client, so that it cannot tell the two methods apart.
 */
const VERSIONS = ['26.7.3', '26.3.5']
const REALM = 'camunda-platform'
const OLDEST_JAVA = 17
/** Half a minute on a machine of its own; the rest is for one that is shared. */
const LONGEST_START_S = 150

/**
 * Unpacks Keycloak. Maven keeps the archive in its own repository, so only the first run downloads it.
 * @param {string} folder
 * @returns {Promise<{ home: string, version: string } | { missing: string }>}
 */
export async function fetchKeycloak(folder) {
  const java = await run('java', ['-version'])
  const major = Number(/version "(\d+)/.exec(java.output)?.[1])
  if (!(major >= OLDEST_JAVA)) return { missing: `Java ${OLDEST_JAVA} or newer is needed` }
  if (!(await run('mvn', ['-version'])).ok) return { missing: 'Maven is needed' }
  let last = ''
  for (const version of VERSIONS) {
    const artifact = `org.keycloak:keycloak-quarkus-dist:${version}:zip`
    const args = ['-B', '-q', 'dependency:unpack', `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`]
    const { ok, output } = await run('mvn', args, { cwd: folder, limitS: 300 })
    if (ok) return { home: join(folder, `keycloak-${version}`), version }
    last = output.split('\n').find((line) => line.trim() !== '') ?? ''
  }
  return { missing: `Maven fetched neither ${VERSIONS.join(' nor ')} (${last.slice(0, 300)})` }
}

/**
 * Starts it with the realm of this folder, and waits until that realm answers.
 * @param {string} home
 * @param {ReturnType<typeof import('./certificates.mjs').makeCertificates>} certificates
 * @param {string} clientSecret
 */
export async function startKeycloak(home, certificates, clientSecret) {
  const [httpPort, httpsPort] = [await freePort(), await freePort()]
  const admin = { username: 'admin', password: randomUUID() }
  mkdirSync(join(home, 'data', 'import'), { recursive: true })
  cpSync(new URL('realm.json', import.meta.url), join(home, 'data', 'import', 'realm.json'))
  const server = start('sh', [join(home, 'bin', 'kc.sh'), 'start-dev', '--import-realm'], {
    cwd: home,
    env: {
      ...inherited('PATH', 'HOME', 'JAVA_HOME', 'LANG'),
      // It lives for a minute: compiling it well would take longer than that gains.
      JAVA_OPTS_APPEND: `-XX:TieredStopAtLevel=1 -XX:-UsePerfData -Djava.io.tmpdir=${join(home, 'data')}`,
      KC_DB: 'dev-mem',
      KC_CACHE: 'local',
      KC_HTTP_HOST: '127.0.0.1',
      KC_HTTP_PORT: String(httpPort),
      KC_HTTPS_PORT: String(httpsPort),
      KC_HTTPS_CERTIFICATE_FILE: certificates.server.cert,
      KC_HTTPS_CERTIFICATE_KEY_FILE: certificates.server.key,
      KC_HTTPS_CLIENT_AUTH: 'request',
      KC_TRUSTSTORE_PATHS: certificates.authority.cert,
      KC_BOOTSTRAP_ADMIN_USERNAME: admin.username,
      KC_BOOTSTRAP_ADMIN_PASSWORD: admin.password,
      TEST_CLIENT_SECRET: clientSecret,
      TEST_SIGNING_CERTIFICATE: bareCertificate(certificates.signing.cert),
    },
  })
  const url = `http://127.0.0.1:${httpPort}`
  const issuer = `${url}/realms/${REALM}`
  let isOver = false
  server.ended.then(() => {
    isOver = true
  })
  const hasAnswered = () => answers(`${issuer}/.well-known/openid-configuration`)
  try {
    await until(async () => isOver || (await hasAnswered()), LONGEST_START_S, 'Keycloak answers')
    if (isOver) throw new Error('it ended')
  } catch ({ message }) {
    throw new Error(`${message}\n${server.output().slice(-3_000)}`)
  }
  return {
    issuer,
    issuerByTls: `https://127.0.0.1:${httpsPort}/realms/${REALM}`,
    ...administration(url, admin),
  }
}

/**
 * Keycloak's admin REST API, as far as the cases need it.
 * @param {string} url
 * @param {{ username: string, password: string }} admin
 */
function administration(url, admin) {
  const clients = `${url}/admin/realms/${REALM}/clients`
  const login = async () => {
    const body = new URLSearchParams({ grant_type: 'password', client_id: 'admin-cli', ...admin })
    const token = `${url}/realms/master/protocol/openid-connect/token`
    return (await json(token, { method: 'POST', body })).access_token
  }
  const call = async (path, method = 'GET', body = undefined) => {
    const headers = { authorization: `Bearer ${await login()}`, 'content-type': 'application/json' }
    return json(`${clients}${path}`, { method, headers, body: body && JSON.stringify(body) })
  }
  const find = async (clientId) => (await call(`?clientId=${clientId}`))[0]
  return {
    /** Gives a client a new secret, at once and without a grace period for the old one. */
    rotateSecret: async (clientId) => {
      const { value } = await call(`/${(await find(clientId)).id}/client-secret`, 'POST')
      return String(value)
    },
    setEnabled: async (clientId, enabled) => {
      const client = await find(clientId)
      await call(`/${client.id}`, 'PUT', { ...client, enabled })
    },
  }
}

/**
 * @param {string} url
 * @param {RequestInit} options
 */
async function json(url, options) {
  const answer = await fetch(url, { ...options, signal: AbortSignal.timeout(10_000) })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${options.method} ${url} was answered with ${answer.status}: ${text}`)
  return text === '' ? undefined : JSON.parse(text)
}

/** @param {string} url */
async function answers(url) {
  try {
    const { ok } = await fetch(url, { signal: AbortSignal.timeout(5_000) })
    return ok
  } catch {
    return false
  }
}

/** @param {string[]} names */
function inherited(...names) {
  return Object.fromEntries(
    names.map((name) => [name, process.env[name]]).filter(([, value]) => value !== undefined),
  )
}

/**
 * The built proxy against a real Keycloak: `node scripts/test-keycloak.mjs [WORD …]` runs the cases whose names hold
 * one of the words, or all. Needs a build, Maven, Java 17 and openssl. Prints a line for each case, and ends with 1 if
 * one fails; where Keycloak cannot be had it says so, and ends with 0.
 */
import { randomUUID } from 'node:crypto'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeCertificates } from '../test/keycloak/certificates.mjs'
import { startCluster } from '../test/keycloak/cluster.mjs'
import { fetchKeycloak, startKeycloak } from '../test/keycloak/server.mjs'
import { startProxy, until, workFolder } from './lib/processes.mjs'

const LONGEST_CASE_S = 75
/** The proxy asks again 30 s after the first refusal; what is above that is for a busy machine. */
const LONGEST_HEALING_S = 45

/** @typedef {Awaited<ReturnType<typeof startKeycloak>>} Keycloak */
/**
 * @typedef {object} Lab
 * @property {Keycloak} keycloak
 * @property {string} clientSecret the secret of all clients that have one
 * @property {ReturnType<typeof makeCertificates>} certificates
 * @property {string} folder
 * @property {string[]} logs what the proxies wrote
 */

const oauthUrl = (issuer) => `${issuer}/protocol/openid-connect/token`
const method = (name) => ({ CAMUNDA_PROXY_OAUTH_CLIENT_AUTH: name })
const mutualTls = ({ certificates: { authority, client } }) => ({
  ...method('tls_client_auth'),
  CAMUNDA_PROXY_OAUTH_TLS_CA_FILE: authority.cert,
  CAMUNDA_PROXY_OAUTH_TLS_CERT_FILE: client.cert,
  CAMUNDA_PROXY_OAUTH_TLS_KEY_FILE: client.key,
})

/** @type {Record<string, (lab: Lab) => Promise<string>>} What each case shows; it returns what was seen, or throws. */
const cases = {
  client_secret_post: (lab) =>
    signsIn(lab, 'with-secret-in-body', { ...method('client_secret_post'), ...secretOf(lab) }),

  client_secret_basic: (lab) =>
    signsIn(lab, 'with-secret-in-header', { ...method('client_secret_basic'), ...secretOf(lab) }),

  private_key_jwt: (lab) =>
    signsIn(lab, 'with-private-key', {
      ...method('private_key_jwt'),
      CAMUNDA_PROXY_OAUTH_PRIVATE_KEY_FILE: lab.certificates.signing.key,
      CAMUNDA_PROXY_OAUTH_KEY_ID: 'signing-key-1',
      CAMUNDA_PROXY_OAUTH_KEY_ALGORITHM: 'PS256',
    }),

  'private_key_jwt with a thumbprint in place of the key id': (lab) =>
    signsIn(lab, 'with-private-key', {
      ...method('private_key_jwt'),
      CAMUNDA_PROXY_OAUTH_PRIVATE_KEY_FILE: lab.certificates.signing.key,
      CAMUNDA_PROXY_OAUTH_CERTIFICATE_FILE: lab.certificates.signing.cert,
      CAMUNDA_PROXY_OAUTH_KEY_ALGORITHM: 'PS256',
    }),

  'tls_client_auth, with an authority of its own': (lab) =>
    signsIn(lab, 'with-certificate', {
      CAMUNDA_OAUTH_URL: oauthUrl(lab.keycloak.issuerByTls),
      ...mutualTls(lab),
    }),

  'discovery from the issuer': (lab) =>
    signsIn(lab, 'with-secret-in-body', {
      ...secretOf(lab),
      CAMUNDA_OAUTH_URL: '',
      CAMUNDA_PROXY_OAUTH_ISSUER: lab.keycloak.issuer,
    }),

  'discovery over TLS, for tls_client_auth': (lab) =>
    signsIn(lab, 'with-certificate', {
      CAMUNDA_OAUTH_URL: '',
      CAMUNDA_PROXY_OAUTH_ISSUER: lab.keycloak.issuerByTls,
      ...mutualTls(lab),
    }),

  'scope openid, which brings an ID token along': (lab) =>
    signsIn(lab, 'with-secret-in-body', { ...secretOf(lab), CAMUNDA_OAUTH_SCOPE: 'openid' }),

  'tokens of 10 s are renewed ahead': renewsAhead,
  'a rotated secret': followsARotation,
  'a client that is disabled and enabled again': survivesBeingDisabled,
}

process.exit(await main(process.argv.slice(2)))

/**
 * @param {string[]} words
 * @returns {Promise<number>} the exit code
 */
async function main(words) {
  const chosen = Object.entries(cases).filter(
    ([name]) => words.length === 0 || words.some((w) => name.includes(w)),
  )
  const folder = workFolder('keycloak')
  const found = await fetchKeycloak(folder)
  if ('missing' in found) {
    say(`Keycloak could not be had: ${found.missing}; its tests did not run`)
    return 0
  }
  const startedAt = performance.now()
  const clientSecret = `secret-${randomUUID()}`
  const certificates = makeCertificates(folder, 'with-certificate')
  const keycloak = await startKeycloak(found.home, certificates, clientSecret).catch(({ message }) => message)
  if (typeof keycloak === 'string') {
    say(`not ok Keycloak ${found.version} starts: ${keycloak}`)
    return 1
  }
  say(`Keycloak ${found.version} answers after ${seconds(performance.now() - startedAt)}`)

  const lab = { keycloak, clientSecret, certificates, folder, logs: [] }
  const passed = await Promise.all(chosen.map(([name, show]) => report(name, show, lab)))
  passed.push(await report('no secret and no token in what the proxies wrote', keepsSecrets, lab))
  const failures = passed.filter((ok) => !ok).length
  say(
    `Keycloak ${found.version}: ${passed.length - failures} ok, ${failures} not ok, ${seconds(performance.now() - startedAt)}`,
  )
  return failures === 0 ? 0 : 1
}

/**
 * Runs one case and prints its line.
 * @param {string} name
 * @param {(lab: Lab) => Promise<string>} show
 * @param {Lab} lab
 */
async function report(name, show, lab) {
  const limit = new AbortController()
  const tooLong = sleep(LONGEST_CASE_S * 1_000, undefined, { signal: limit.signal }).then(() => {
    throw new Error(`not within ${LONGEST_CASE_S} s`)
  })
  tooLong.catch(() => {})
  try {
    say(`ok ${name}: ${await Promise.race([show(lab), tooLong])}`)
    return true
  } catch (error) {
    say(`not ok ${name}: ${error.message.replaceAll(/\s+/g, ' ')}`)
    return false
  } finally {
    limit.abort()
  }
}

/**
 * Runs the proxy as a client of Keycloak, in front of a cluster that trusts Keycloak.
 * @template T
 * @param {Lab} lab
 * @param {string} clientId
 * @param {Record<string, string>} env
 * @param {(proxy: Awaited<ReturnType<typeof startProxy>>, cluster: Awaited<ReturnType<typeof startCluster>>) => Promise<T>} use
 */
async function withProxy(lab, clientId, env, use) {
  const { issuer, issuerByTls } = lab.keycloak
  const cluster = await startCluster(issuer, [issuer, issuerByTls])
  const proxy = await startProxy(['start'], {
    CAMUNDA_REST_ADDRESS: cluster.url,
    CAMUNDA_OAUTH_URL: oauthUrl(issuer),
    CAMUNDA_CLIENT_ID: clientId,
    ...env,
  })
  try {
    return await use(proxy, cluster)
  } finally {
    await proxy.end()
    lab.logs.push(proxy.output())
    cluster.close()
  }
}

/** A caller without a credential is let in as the client. */
async function signsIn(lab, clientId, env) {
  return withProxy(lab, clientId, env, async (proxy, cluster) => {
    const answer = await call(proxy)
    const [caller] = cluster.seen.accepted
    expect(answer.status === 200, `the call was answered with ${answer.text}`)
    expect(caller?.client === clientId, `the cluster saw ${caller?.client}`)
    expect(caller.lifetimeS === 300, `the token lives ${caller.lifetimeS} s`)
    return `200, the cluster saw ${caller.client} with a token of ${caller.lifetimeS} s`
  })
}

/** Nobody sees a token of 10 s expire. */
async function renewsAhead(lab) {
  const SECONDS = 17
  return withProxy(lab, 'with-short-tokens', secretOf(lab), async (proxy, { seen }) => {
    await proxy.said('token acquired')
    const answers = []
    const startedAt = performance.now()
    while (performance.now() - startedAt < SECONDS * 1_000) {
      answers.push(await call(proxy))
      await sleep(100)
    }
    const bad = answers.filter(({ status }) => status !== 200)
    const tokens = new Set(seen.accepted.map(({ jti }) => jti)).size
    expect(
      bad.length === 0,
      `${bad.length} of ${answers.length} calls failed, the first with ${bad[0]?.text}`,
    )
    expect(seen.refused.length === 0, `the cluster refused ${seen.refused.length}: ${seen.refused[0]}`)
    expect(seen.accepted[0]?.lifetimeS === 10, `the token lives ${seen.accepted[0]?.lifetimeS} s`)
    expect(tokens >= 3, `only ${tokens} tokens were seen`)
    const slowest = Math.max(...answers.map(({ ms }) => ms))
    return `${answers.length} × 200 in ${SECONDS} s, ${tokens} tokens, none refused, slowest call ${Math.round(slowest)} ms`
  })
}

/** The secret is rotated in Keycloak first and in the file later. */
async function followsARotation(lab) {
  const file = join(lab.folder, 'rotated-secret')
  replaceFile(file, lab.clientSecret)
  return withProxy(lab, 'to-be-rotated', { CAMUNDA_CLIENT_SECRET_FILE: file }, async (proxy) => {
    expect((await call(proxy)).status === 200, 'the first call failed')
    const secret = await lab.keycloak.rotateSecret('to-be-rotated')
    const { cause } = await proxy.said('no new token')
    const between = await call(proxy)
    replaceFile(file, secret)
    const ms = await until(
      async () => proxy.lines('token renewed').length > 0,
      5,
      'a token by the new secret',
    )
    const after = await call(proxy)
    expect(after.status === 200, `the call after it was answered with ${after.text}`)
    return `${cause} (calls: ${between.status}), healed ${seconds(ms)} after the file was changed`
  })
}

/** The client may use what it has, then it is refused, and it recovers by itself. */
async function survivesBeingDisabled(lab) {
  const clientId = 'to-be-disabled'
  return withProxy(lab, clientId, secretOf(lab), async (proxy, { seen }) => {
    const { tookMs } = await proxy.said('token acquired')
    const askedAt = performance.now() - tookMs
    await lab.keycloak.setEnabled(clientId, false)
    let answer = await call(proxy)
    expect(answer.status === 200, `the call after it was disabled was answered with ${answer.text}`)
    const calls = async (status) => {
      answer = await call(proxy)
      return answer.status !== status
    }
    await until(() => calls(200), 15, 'the calls end')
    const worked = performance.now() - askedAt
    const { type, detail } = JSON.parse(answer.body)
    expect(
      answer.status === 503 && type.endsWith(':credential-refused'),
      `the calls ended with ${answer.text}`,
    )
    expect(seen.refused.length === 0, `the cluster refused ${seen.refused.length}: ${seen.refused[0]}`)
    expect(worked > 8_000, `a token of 10 s was used for ${seconds(worked)}`)
    await lab.keycloak.setEnabled(clientId, true)
    const healing = await until(() => calls(503), LONGEST_HEALING_S, 'the calls work again')
    expect(answer.status === 200, `the call after it was answered with ${answer.text}`)
    return `200 for ${seconds(worked)} of its token's 10 s, then 503 “${detail}”, 200 again ${seconds(healing)} after it was enabled`
  })
}

/** @param {Lab} lab */
async function keepsSecrets({ logs, clientSecret }) {
  const all = logs.join('')
  const found = [clientSecret, 'eyJ', 'PRIVATE KEY'].filter((text) => all.includes(text))
  expect(all !== '' && found.length === 0, `found: ${found.length}`)
  return `${all.split('\n').length} lines looked through`
}

/** @param {Awaited<ReturnType<typeof startProxy>>} proxy */
async function call(proxy) {
  const startedAt = performance.now()
  const answer = await fetch(`${proxy.url}/v2/topology`, { signal: AbortSignal.timeout(15_000) })
  const body = await answer.text()
  return {
    status: answer.status,
    body,
    text: `${answer.status} ${body.slice(0, 300)}`,
    ms: performance.now() - startedAt,
  }
}

/** @param {Lab} lab */
function secretOf({ folder, clientSecret }) {
  const file = join(folder, 'client-secret')
  replaceFile(file, clientSecret)
  return { CAMUNDA_CLIENT_SECRET_FILE: file }
}

/** Whoever reads it sees the old content or the new. */
function replaceFile(path, content) {
  const next = `${path}.${randomUUID()}`
  writeFileSync(next, content, { mode: 0o600 })
  renameSync(next, path)
}

function expect(holds, otherwise) {
  if (!holds) throw new Error(otherwise)
}

/** @param {number} ms */
function seconds(ms) {
  return `${(ms / 1_000).toFixed(1)} s`
}

/** @param {string} line */
function say(line) {
  process.stdout.write(`${line}\n`)
}

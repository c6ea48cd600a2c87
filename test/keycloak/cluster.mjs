/** A cluster that lets in whoever Keycloak vouches for, and answers one route. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createRemoteJWKSet, jwtVerify } from 'jose'

/** @typedef {{ client: string, lifetimeS: number, jti: string }} Caller what the token of an accepted request says */

/**
 * @param {string} issuer where the keys are
 * @param {string[]} issuers whose tokens are accepted
 */
export async function startCluster(issuer, issuers) {
  const keys = createRemoteJWKSet(new URL(`${issuer}/protocol/openid-connect/certs`))
  const rules = {
    issuer: issuers,
    audience: 'zeebe-api',
    requiredClaims: ['exp', 'iat', 'azp'],
    clockTolerance: 0,
  }
  /** @type {{ accepted: Caller[], refused: string[] }} */
  const seen = { accepted: [], refused: [] }
  const server = createServer(async (request, response) => {
    request.resume()
    const answer = (status, body) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    try {
      const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
      const { payload } = await jwtVerify(token, keys, rules)
      const { azp, exp, iat, jti } = payload
      seen.accepted.push({ client: String(azp), lifetimeS: Number(exp) - Number(iat), jti: String(jti) })
      if (request.url === '/v2/topology')
        answer(200, { brokers: [], clusterSize: 1, gatewayVersion: '8.8.0' })
      else answer(404, { status: 404 })
    } catch (error) {
      seen.refused.push(error.message)
      answer(401, { status: 401, detail: error.message })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://127.0.0.1:${server.address().port}`, seen, close }
}

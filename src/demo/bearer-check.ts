import { createRemoteJWKSet, errors, type JWTVerifyGetKey, type JWTVerifyOptions, jwtVerify } from 'jose'
import { ClusterProblem } from './cluster-problem.ts'

export interface BearerCheckOptions {
  /** Where the identity provider publishes its keys (RFC 7517). */
  jwksUrl: string
  /** Required in the claim `iss`; any issuer passes when not given. */
  issuer?: string
  /** Required in the claim `aud`; any audience passes when not given. */
  audience?: string
}

/** Takes the value of an Authorization header and returns the claim `sub` of its token, or throws a problem. */
export type BearerCheck = (authorization: string | undefined) => Promise<string>

/** Makes the check of Bearer tokens (RFC 6750): signature, expiry to the second, issuer and audience. */
export function bearerCheck({ jwksUrl, issuer, audience }: BearerCheckOptions): BearerCheck {
  const getKey = keyFinder(jwksUrl)
  const rules: JWTVerifyOptions = {
    algorithms: ['ES256', 'RS256'],
    requiredClaims: ['exp'],
    clockTolerance: 0,
    ...(issuer && { issuer }),
    ...(audience && { audience }),
  }
  return async (authorization) => {
    const token = /^Bearer ([\w.~+/=-]+)$/i.exec(authorization ?? '')?.[1]
    if (token === undefined) throw unauthorized('A Bearer token is required', 'Bearer')
    const { payload } = await jwtVerify(token, getKey, rules).catch(refuse)
    return payload.sub ?? 'unknown'
  }
}

/** The identity provider's keys, fetched when first needed. That they cannot be had is not the token's fault. */
function keyFinder(jwksUrl: string): JWTVerifyGetKey {
  const keySet = createRemoteJWKSet(new URL(jwksUrl))
  return (header, token) =>
    keySet(header, token).catch((error) => {
      if (error instanceof errors.JWKSNoMatchingKey) throw error
      throw new ClusterProblem(503, 'The keys of the identity provider cannot be fetched')
    })
}

function refuse(error: unknown): never {
  if (error instanceof errors.JOSEError) {
    throw unauthorized(`The token is not valid: ${error.message}`, 'Bearer error="invalid_token"')
  }
  throw error
}

function unauthorized(detail: string, challenge: string): ClusterProblem {
  return new ClusterProblem(401, detail, { 'www-authenticate': challenge })
}

/** What a JWT says of itself (RFC 7519 section 4.1), as far as a check shows it. */
export interface Claims {
  aud: readonly string[]
  scope: string | undefined
  iss: string | undefined
  client: string | undefined
  iat: number | undefined
  exp: number | undefined
}

/** The claims of a JWT, read without trust; undefined for a token of another kind. */
export function claimsOf(token: string): Claims | undefined {
  const parts = token.split('.')
  if (parts.length !== 3) return undefined
  try {
    const claims: unknown = JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString('utf8'))
    if (typeof claims !== 'object' || claims === null) return undefined
    const { aud, scope, scp, iss, azp, appid, client_id, sub, iat, exp } = claims as Record<string, unknown>
    return {
      aud: texts(aud),
      scope: text(scope) ?? text(scp),
      iss: text(iss),
      client: text(azp) ?? text(client_id) ?? text(appid) ?? text(sub),
      iat: number(iat),
      exp: number(exp),
    }
  } catch {
    return undefined
  }
}

function texts(value: unknown): string[] {
  return [value].flat().filter((entry): entry is string => typeof entry === 'string')
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

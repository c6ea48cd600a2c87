import type { Test } from 'tap'
import type { Report } from '../../src/check/check.ts'
import type { Step } from '../../src/check/step.ts'
import { check } from '../../src/commands/check.ts'
import { type Answer, fakeCluster } from './fake-cluster.ts'
import { fakeIdp, type IdpAnswer, json } from './fake-idp.ts'
import { CLIENT_SECRET } from './proxy.ts'
import { runCommand } from './run-command.ts'

export interface Checked {
  code: number | undefined
  report: Report
  /** All that it wrote. */
  said: string
  /** The first step of this name. */
  step(name: string): Step | undefined
}

/** `camunda-auth-proxy check --json` with this environment. */
export async function runCheck(env: Record<string, string>, args: string[] = []): Promise<Checked> {
  const ports = { CAMUNDA_PROXY_PORT: '1', CAMUNDA_PROXY_ADMIN_PORT: 'off' }
  const { code, stdout, stderr } = await runCommand(check, ['--json', ...args], { ...ports, ...env })
  const report = JSON.parse(stdout) as Report
  const step = (name: string) => report.steps.find((each) => each.name === name)
  return { code, report, said: stdout + stderr, step }
}

/** An unsigned JWT with these claims, which nobody here verifies. */
function jwt(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none' })}.${part(claims)}.c2lnbmF0dXJl`
}

/** Answers with a JWT for this audience that lasts five minutes; `aheadS`: by a clock that is ahead. */
export function jwts(aud = 'zeebe-api', aheadS = 0): IdpAnswer {
  return (_request, response) => {
    const iat = Math.floor(Date.now() / 1_000) + aheadS
    const token = jwt({ aud, iat, exp: iat + 300, azp: 'test-client', iss: 'http://idp.example' })
    const date = new Date(iat * 1_000).toUTCString()
    json(response, 200, { access_token: token, expires_in: 300, token_type: 'Bearer' }, { date })
  }
}

/** A check of a cluster and an identity provider that answer so. */
export async function checkBetween(
  t: Test,
  options: { idp?: IdpAnswer; cluster?: Answer; env?: Record<string, string>; path?: string },
) {
  const idp = await fakeIdp(options.idp ?? jwts())
  t.teardown(() => idp.close())
  const cluster = await fakeCluster(options.cluster)
  t.teardown(() => cluster.close())
  const checked = await runCheck({
    CAMUNDA_REST_ADDRESS: cluster.url + (options.path ?? ''),
    CAMUNDA_OAUTH_URL: idp.tokenUrl,
    CAMUNDA_CLIENT_ID: 'test-client',
    CAMUNDA_CLIENT_SECRET: CLIENT_SECRET,
    ...options.env,
  })
  return { ...checked, idp, cluster }
}

/** An answer of the cluster with this status. */
export function status(code: number, type = 'application/problem+json', headers = {}): Answer {
  return (_request, response) => {
    response
      .writeHead(code, { 'content-type': type, ...headers })
      .end('{"title":"No","detail":"not this time"}')
  }
}

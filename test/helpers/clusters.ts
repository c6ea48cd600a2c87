import { createHash } from 'node:crypto'
import type { Test } from 'tap'
import { type Answer, type FakeCluster, fakeCluster } from './fake-cluster.ts'
import { type FakeIdp, fakeIdp, type IdpAnswer, json } from './fake-idp.ts'

/** Gives each client a token that names it, its audience, and how many it has had. */
const tokensByClient: IdpAnswer = ({ form }, response, number) => {
  const token = [form.get('client_id'), form.get('audience') ?? '-', number].join('/')
  json(response, 200, { access_token: token, expires_in: 300, token_type: 'Bearer' })
}

/** Like `tokensByClient`, for those whose secret is `right`; nobody else is a client. */
export const onlyRightSecrets: IdpAnswer = (request, response, number) => {
  if (request.form.get('client_secret') === 'right') tokensByClient(request, response, number)
  else json(response, 401, { error: 'invalid_client' })
}

export async function idp(t: Test, answer: IdpAnswer = tokensByClient): Promise<FakeIdp> {
  const started = await fakeIdp(answer)
  t.teardown(() => started.close())
  return started
}

export async function cluster(t: Test, answer?: Answer): Promise<FakeCluster> {
  const started = await fakeCluster(answer)
  t.teardown(() => started.close())
  return started
}

/** `Authorization` of a client (RFC 7617). */
export function basic(id: string, secret: string): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` }
}

/** The digest that a callers file holds. */
export function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

/** Whom the requests that a cluster saw were sent for, without the number. */
export function clientsOf({ seen }: FakeCluster): string[] {
  return seen.map(({ headers }) => headers.authorization?.replace(/^Bearer |\/\d+$/g, '') ?? 'none')
}

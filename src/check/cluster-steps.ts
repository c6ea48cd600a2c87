import type { Dispatcher } from 'undici'
import type { BaseUrl } from '../config/base-url.ts'
import { egressFault } from '../config/egress-error.ts'
import { errorCode } from '../config/error-code.ts'
import { scrub } from '../config/secrets.ts'
import type { IssuedCredential } from '../credentials/credential.ts'
import { printable, retryAfterMs } from '../credentials/idp-errors.ts'
import { diagnose } from './diagnoses.ts'
import { type Finding, ok } from './step.ts'
import { type AnswerFacts, answerDiagnosis, connectionDiagnosis } from './symptoms.ts'

/** What a cluster is asked with. */
export interface Asking {
  address: BaseUrl
  dispatcher: Dispatcher
  issued: IssuedCredential
  /** Nothing is sent to say who asks. */
  isAnonymous: boolean
  /** What no stranger's text may show. */
  secrets: readonly string[]
  /** Looked up when an answer is bad. */
  facts(): Pick<AnswerFacts, 'aud' | 'isFresh' | 'offsetMs' | 'shape'>
}

interface Reply {
  status: number
  header(name: string): string | undefined
  body: unknown
}

/** Reads that change nothing, and what somebody needs to be allowed them. */
export const reads = [
  {
    path: '/v2/process-definitions/search',
    what: 'read process definitions',
    resource: 'Process Definition (READ_PROCESS_DEFINITION)',
  },
  {
    path: '/v2/process-instances/search',
    what: 'read process instances',
    resource: 'Process Definition (READ_PROCESS_INSTANCE)',
  },
  { path: '/v2/user-tasks/search', what: 'read user tasks', resource: 'Process Definition (READ_USER_TASK)' },
] as const

const MAX_BODY_BYTES = 1024 * 1024

/** GET /v2/topology: whether the cluster takes the credential at all. */
export async function topologyFinding(asking: Asking, signal: AbortSignal): Promise<Finding> {
  const path = '/v2/topology'
  return judged(
    asking,
    path,
    () => ask(asking, 'GET', path, undefined, signal),
    ({ body }) => {
      const { gatewayVersion, brokers, clusterSize, partitionsCount } = record(body)
      const facts = {
        gatewayVersion: word(gatewayVersion, asking),
        brokers: Array.isArray(brokers) ? brokers.length : undefined,
        clusterSize: typeof clusterSize === 'number' ? clusterSize : undefined,
        partitionsCount: typeof partitionsCount === 'number' ? partitionsCount : undefined,
      }
      const known = Object.entries(facts).filter(([, value]) => value !== undefined)
      return ok([known.map(([name, value]) => `${name} ${value}`).join(', ') || 'It answers.'], facts)
    },
  )
}

/** GET /v2/authentication/me: who the cluster thinks we are. Versions before 8.8 do not tell. */
export async function identityFinding(asking: Asking, signal: AbortSignal): Promise<Finding> {
  const path = '/v2/authentication/me'
  const answer = () => ask(asking, 'GET', path, undefined, signal)
  const finding = await judged(asking, path, answer, ({ body }) => {
    const { username, clientId, tenants, roles, groups, authorizedComponents } = record(body)
    const lists = { tenants, roles, groups, authorizedComponents }
    const facts = {
      username: word(username ?? clientId, asking),
      ...Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, words(list, asking)])),
    }
    const rows = Object.entries(facts).filter(([, value]) => value !== undefined)
    return ok(
      rows.map(([name, value]) => `${name}: ${[value].flat().join(', ') || 'none'}`),
      facts,
    )
  })
  return lenient(asking, finding, 'This version of the cluster does not tell who asks.')
}

/** A search for at most one thing. */
export async function readFinding(
  asking: Asking,
  { path, what, resource }: (typeof reads)[number],
  signal: AbortSignal,
): Promise<Finding> {
  const answer = () => ask(asking, 'POST', path, '{"page":{"limit":1}}', signal)
  const finding = await judged(asking, path, answer, () => ok([`It may ${what}.`]), { what, resource })
  return lenient(asking, finding, 'This version of the cluster has no such search.')
}

/** Once the topology is there, what is missing beyond it is no failure of the way to the cluster. */
function lenient({ isAnonymous }: Asking, finding: Finding, absent: string): Finding {
  const status = finding.facts?.status
  if (status === 404 || status === 405) return ok([absent], { status })
  if (status === 401 && isAnonymous) return ok(['The cluster asks nobody who it is.'], { status })
  return finding.status === 'failed' && status !== 401 ? { ...finding, status: 'warning' } : finding
}

async function judged(
  asking: Asking,
  path: string,
  answer: () => Promise<Reply>,
  read: (reply: Reply) => Finding,
  about: Pick<AnswerFacts, 'what' | 'resource'> = { what: 'ask for the topology', resource: 'System' },
): Promise<Finding> {
  const { origin, basePath } = asking.address
  const { host } = new URL(origin)
  const reply = await answer().catch((error: unknown) => unanswered(error, host))
  if (!('body' in reply)) return reply
  const { status, header, body } = reply
  const wait = retryAfterMs(header, Date.now())
  const diagnosis = answerDiagnosis({
    host,
    path: basePath + path,
    status,
    contentType: header('content-type') ?? '',
    location: header('location'),
    waitS: wait === undefined ? undefined : Math.ceil(wait / 1_000),
    basePath,
    ...asking.facts(),
    ...about,
  })
  if (diagnosis === undefined) return read(reply)
  const { title, detail } = record(body)
  const said = [title, detail].flatMap((part) => word(part, asking) ?? []).join(': ')
  return {
    status: 'failed',
    detail: [`Status ${status}${said && ` (${said})`}.`],
    facts: { status },
    ...diagnosis,
  }
}

function unanswered(error: unknown, host: string): Finding {
  const own = egressFault(error)
  const code = errorCode(error) ?? (error instanceof Error ? error.name : 'unknown')
  if (own !== undefined)
    return { status: 'failed', detail: [own], ...diagnose('egress-proxy-unreachable', { host }) }
  return { status: 'failed', detail: [`No answer (${code}).`], ...connectionDiagnosis(code, host) }
}

async function ask(
  { address, dispatcher, issued }: Asking,
  method: 'GET' | 'POST',
  path: string,
  body: string | undefined,
  signal: AbortSignal,
): Promise<Reply> {
  const { session } = issued
  const credential = session?.headersFor(method) ?? issued.headers
  const headers = ['user-agent', 'camunda-auth-proxy', 'accept', 'application/json', ...credential]
  if (body !== undefined) headers.push('content-type', 'application/json')
  const target = { origin: address.origin, path: address.basePath + path }
  const answer = await dispatcher.request({ ...target, method, headers, body: body ?? null, signal })
  const raw = Object.entries(answer.headers).flatMap(([name, value = []]) =>
    [value].flat().flatMap((each) => [name, each]),
  )
  session?.observe(raw)
  const header = (name: string) => [answer.headers[name] ?? []].flat()[0]
  return { status: answer.statusCode, header, body: await jsonOf(answer.body) }
}

/** The JSON of an answer; undefined if it is none, or longer than a megabyte. */
async function jsonOf(body: AsyncIterable<Uint8Array>): Promise<unknown> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of body) {
      bytes += chunk.length
      if (bytes > MAX_BODY_BYTES) return undefined
      chunks.push(chunk)
    }
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    return undefined
  }
}

/** A stranger's word, without our secrets in it; undefined if it is none. */
function word(value: unknown, { secrets }: Pick<Asking, 'secrets'>): string | undefined {
  return typeof value === 'string' && value !== '' ? printable(scrub(value, secrets)) : undefined
}

/** The names in a list of names, or of things that have one. */
function words(value: unknown, asking: Asking): string[] | undefined {
  if (!Array.isArray(value)) return undefined
  const names = value.map((entry: unknown) => {
    const { name, tenantId, roleId, groupId } = record(entry)
    return word(entry, asking) ?? word(tenantId ?? roleId ?? groupId ?? name, asking)
  })
  return names.filter((name) => name !== undefined).slice(0, 20)
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

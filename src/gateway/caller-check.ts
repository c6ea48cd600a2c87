import type { IncomingMessage } from 'node:http'
import { callerMay, findCaller, type NamedCaller } from '../config/callers.ts'
import { Problem } from '../errors.ts'
import { CALLER_TOKEN_HEADER } from '../upstream/headers.ts'

/** Whether the caller of a request may send it to a cluster, `undefined` being the one at `/v2`; a Problem if not. */
export type CallerCheck = (
  request: IncomingMessage,
  cluster: string | undefined,
  path: string,
) => Problem | undefined

/** Nobody is told apart: who has come so far may do what the cluster's own scope allows. */
export const anybody: CallerCheck = () => undefined

/** Holds each named caller to what its entry allows; somebody with the one caller token may do everything. */
export function namedCallers(callers: () => readonly NamedCaller[]): CallerCheck {
  return (request, cluster, path) => {
    const caller = findCaller(callers(), tokenOf(request))
    if (caller === undefined || callerMay(caller, request.method ?? '', path, cluster)) return undefined
    return new Problem('not-in-scope', `The caller ${caller.name} may not use this method, path or cluster.`)
  }
}

/** What the caller sent as its token; '' if it sent none. */
export function tokenOf(request: IncomingMessage): string {
  const token = request.headers[CALLER_TOKEN_HEADER]
  return typeof token === 'string' ? token : ''
}

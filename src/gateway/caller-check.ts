import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { type Callers, callerMay, findCaller } from '../config/callers.ts'
import { Problem } from '../errors.ts'
import { CALLER_TOKEN_HEADER } from '../upstream/headers.ts'
import { methodOverride } from './method-override.ts'

/** Whether the caller of a request may send it to the cluster that has these names; a Problem if not. */
export type CallerCheck = (
  request: IncomingMessage,
  cluster: readonly string[],
  path: string,
) => Problem | undefined

/** Nobody is told apart: who has come so far may do what the cluster's own scope allows. */
export const anybody: CallerCheck = () => undefined

/** Holds each named caller to what its entry allows; somebody with the one caller token may do everything. */
export function namedCallers(callers: () => Callers): CallerCheck {
  return (request, cluster, path) => {
    const caller = findCaller(callers(), tokenOf(request.headers))
    if (caller === undefined) return undefined
    const override = caller.allow && methodOverride(request.headers)
    if (override !== undefined) return override
    if (callerMay(caller, request.method ?? '', path, cluster)) return undefined
    return new Problem('not-in-scope', `The caller ${caller.name} may not use this method, path or cluster.`)
  }
}

/** What the caller sent as its token; '' if it sent none. */
export function tokenOf(headers: IncomingHttpHeaders): string {
  const token = headers[CALLER_TOKEN_HEADER]
  return typeof token === 'string' ? token : ''
}

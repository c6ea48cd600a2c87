import { STATUS_CODES } from 'node:http'
import type { Answer } from './http.ts'

/** A refusal by the cluster; becomes a problem details object (RFC 9457). */
export class ClusterProblem extends Error {
  readonly status: number
  readonly headers: Record<string, string>

  constructor(status: number, detail: string, headers: Record<string, string> = {}) {
    super(detail)
    this.name = 'ClusterProblem'
    this.status = status
    this.headers = headers
  }
}

/** Says what went wrong as Camunda does. Of an error that is no refusal nothing is told but that it happened. */
export function problemAnswer(error: unknown, instance: string): Answer {
  const problem = error instanceof ClusterProblem ? error : new ClusterProblem(500, 'Unexpected error')
  const { status, message: detail, headers } = problem
  return {
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
    body: JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status], status, detail, instance }),
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { type Call, jsonBody } from './cluster-call.ts'
import { ClusterProblem } from './cluster-problem.ts'
import { type Answer, json } from './http.ts'

const defaultWaitMs = 10_000
const longestWaitMs = 10 * 60_000

/** A long poll for jobs. There never are any: it answers when its time is over and ends when the client leaves. */
export async function activateJobs(call: Call): Promise<Answer> {
  const { requestTimeout } = await jsonBody(call)
  await sleep(waitMs(requestTimeout ?? 0), undefined, { signal: call.signal })
  return json(200, { jobs: [] })
}

/** 0 asks for the server's default, a negative number for an answer at once. */
function waitMs(requestTimeout: unknown): number {
  if (typeof requestTimeout !== 'number') throw new ClusterProblem(400, 'requestTimeout must be a number')
  if (requestTimeout < 0) return 0
  return Math.min(requestTimeout || defaultWaitMs, longestWaitMs)
}

/** One call of a caller. `at` is when it began on the clock of `performance.now()`, `saw` what came of it. */
export interface Call {
  at: number
  ms: number
  /** `200`, `503 credential-unavailable`, `broken off (ECONNRESET)`, … */
  saw: string
}

export interface Load {
  /** Calls that have ended, in the order of their ends. */
  calls: readonly Call[]
  /** How many have not ended. */
  open(): number
  /** Begins no more calls; resolves when the last has ended. */
  stop(): Promise<void>
}

/** Longest that a caller waits, in milliseconds: whoever got no answer by then is taken to hang. */
const PATIENCE_MS = 20_000

/** Begins so many calls a second, whether or not those before have ended. */
export function startLoad(call: () => Promise<string>, perSecond: number): Load {
  const calls: Call[] = []
  const open = new Set<Promise<void>>()
  const begin = () => {
    const at = performance.now()
    const ended = call().then((saw) => {
      calls.push({ at, ms: performance.now() - at, saw })
      open.delete(ended)
    })
    open.add(ended)
  }
  begin()
  const timer = setInterval(begin, 1_000 / perSecond)
  return {
    calls,
    open: () => open.size,
    async stop() {
      clearInterval(timer)
      await Promise.all(open)
    },
  }
}

/** What a caller sees who makes this request: the status, the code of a problem of the proxy's, or how it broke off. */
export async function callerSaw(url: string, init: RequestInit = {}): Promise<string> {
  try {
    const answer = await fetch(url, {
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...init,
    })
    const problem = /urn:camunda-auth-proxy:problem:([\w-]+)/.exec(await answer.text())?.[1]
    return problem === undefined ? String(answer.status) : `${answer.status} ${problem}`
  } catch (error) {
    return error instanceof DOMException ? 'no answer' : `broken off (${codeOf(error)})`
  }
}

function codeOf(error: unknown): string {
  const cause: unknown = error instanceof Error ? (error.cause ?? error) : error
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
}

export type EgressFault =
  | 'tls-unusable'
  | 'egress-proxy-unusable'
  | 'egress-proxy-unreachable'
  | 'egress-proxy-credentials'
  | 'egress-proxy-refused'

/**
 * A connection that failed before its destination had any part in it: at a file of ours, or at the egress proxy. Its
 * message is safe to show, and it has no cause.
 */
export class EgressError extends Error {
  override readonly name = 'EgressError'
  readonly code: EgressFault

  constructor(code: EgressFault, message: string) {
    super(message)
    this.code = code
  }
}

/** How far down a chain of causes one is looked for. */
const MAX_CAUSES = 8

/** What an error has to say of the way out, if that is where it comes from: neither cluster nor identity provider is to blame. */
export function egressFault(error: unknown): string | undefined {
  let cause = error
  for (let depth = 0; depth < MAX_CAUSES && cause instanceof Error; depth++) {
    if (cause instanceof EgressError) return cause.message
    cause = cause.cause
  }
  return undefined
}

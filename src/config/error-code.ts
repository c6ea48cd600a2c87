/** The code of what was thrown, such as `ENOENT`: of a stranger's error the one part that is safe to show. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}

/** Of what this process or its machine has no more: descriptors or memory for another connection or file. */
const LACKING = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'])
const MAX_CAUSES = 8

/** The code of an error, or of one of its causes, that says that there is no room for another connection or file here. */
export function lackIn(error: unknown): string | undefined {
  let cause = error
  for (let depth = 0; depth < MAX_CAUSES && cause instanceof Error; depth++) {
    const code = errorCode(cause)
    if (code !== undefined && LACKING.has(code)) return code
    cause = cause.cause
  }
  return undefined
}

/** The same for the end of a sentence: ` (ENOENT)`, or nothing. */
export function codeInBrackets(error: unknown): string {
  const code = errorCode(error)
  return code === undefined ? '' : ` (${code})`
}

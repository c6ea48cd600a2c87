/** The code of what was thrown, such as `ENOENT`: of a stranger's error the one part that is safe to show. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}

/** The same for the end of a sentence: ` (ENOENT)`, or nothing. */
export function codeInBrackets(error: unknown): string {
  const code = errorCode(error)
  return code === undefined ? '' : ` (${code})`
}

/** What comes along when a secret is copied, the likeliest first; each completes "The client secret …". */
const FAULTS: readonly [RegExp, string][] = [
  [/^\uFEFF/, 'begins with a byte order mark'],
  [/[\r\n]/, 'holds a line break'],
  [/^\s/, 'begins with a blank'],
  [/\s$/, 'ends with a blank'],
  [/^(["'`]).*\1$/s, 'stands in quotes'],
  [/^["'`]|["'`]$/, 'begins or ends with a quote'],
  [/^(<.*>|\$\{.*\}|\{\{.*\}\})$/s, 'looks like a placeholder'],
]

/** What is odd about the shape of a secret, without showing any of it; undefined if nothing is. */
export function secretFault(secret: string): string | undefined {
  return FAULTS.find(([pattern]) => pattern.test(secret))?.[1]
}

/** The building blocks of the schema: what a setting is for, what a value has to look like, and how it is treated. */
export interface Note {
  description: string
  /** Completes "expected …" where a value does not fit. */
  expected: string
  /** Must be kept out of sight, and off the command line. */
  secret?: true
  /** Shown where there is room for few: the help and the README. */
  common?: true
  default?: unknown
}

export const text = <const N extends Note>(note: N) => ({ type: 'string', minLength: 1, ...note }) as const

export const url = <const N extends Note>(note: N) =>
  ({ type: 'string', pattern: '^[Hh][Tt][Tt][Pp][Ss]?://[^/]', ...note }) as const

export const flag = <const N extends Note>(note: N) => ({ type: 'boolean', default: false, ...note }) as const

export const list = <const N extends Note>(note: N) =>
  ({ type: 'array', items: { type: 'string', minLength: 1 }, default: [], ...note }) as const

/** Names and values: a map in the file, `a=1&b=2` in a variable. */
export const pairs = <const N extends Note>(note: N) =>
  ({ type: 'object', additionalProperties: { type: 'string' }, default: {}, ...note }) as const

export const choice = <const T extends readonly string[], const N extends Omit<Note, 'expected'>>(
  values: T,
  note: N & { expected?: string },
) => ({ type: 'string', enum: values, expected: `one of ${values.join(', ')}`, ...note }) as const

/** The file that holds a secret or a PEM text: the setting's name and `File`. */
export const fileOf = <const D extends string>(what: D) =>
  text({ description: `File that holds ${what}.`, expected: 'the path of a readable file that is not empty' })

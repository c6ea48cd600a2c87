import type { CommandContext } from './command.ts'

const CLEAR_LINE = '\r\x1b[2K'
const USUAL_COLUMNS = 80

/** A line that says what goes on, for a person; nothing where nobody watches. */
export interface Progress {
  /** Puts a text in place of the one before. */
  show(text: string): void
  /** Takes the line away. */
  clear(): void
}

/** Progress on a terminal: one line of stderr, as wide as fits. */
export function progressOn(stderr: CommandContext['stderr']): Progress {
  if (stderr.isTTY !== true) return { show() {}, clear() {} }
  const width = (stderr.columns ?? USUAL_COLUMNS) - 1
  return {
    // What another program says may hold control characters.
    show: (text) => stderr.write(CLEAR_LINE + text.replace(/\p{Cc}/gu, ' ').slice(0, width)),
    clear: () => stderr.write(CLEAR_LINE),
  }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { codeInBrackets } from '../config/error-code.ts'
import { AcquireError } from './credential.ts'

const MAX_OUTPUT_BYTES = 64 * 1024

/** What a shell ends with if it cannot run what it was told to (POSIX, "Exit Status for Commands"). */
const NOT_RUN: ReadonlyMap<number | null, string> = new Map([
  [126, 'names a program that may not be executed (exit code 126)'],
  [127, 'names a program that was not found (exit code 127)'],
])

/**
 * Runs a command in the system's shell with this process' environment and without input, and returns what it wrote
 * to its standard output, 64 KiB at most. After `timeoutMs`, or when the signal is aborted, it is killed together
 * with all that it started.
 * @throws AcquireError that says how the command ended and quotes neither it nor its output, since both may hold a
 * secret; the signal's reason once that is aborted.
 */
export async function runCommand(command: string, timeoutMs: number, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted()
  const child = start(command)
  const done = new AbortController()
  const output = new Promise<string>((resolve, reject) => {
    const giveUp = (reason: unknown) => {
      killGroup(child)
      reject(reason)
    }
    const timer = setTimeout(
      () => giveUp(commandFailure('command-timeout', `did not end within ${timeoutMs / 1_000} s`)),
      timeoutMs,
    )
    done.signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
    signal.addEventListener('abort', () => giveUp(signal.reason), { once: true, signal: done.signal })
    collect(child, giveUp).then(resolve, reject)
  })
  return output.finally(() => done.abort())
}

function start(command: string): ChildProcess {
  try {
    return spawn(command, {
      shell: true,
      env: process.env,
      stdio: ['ignore', 'pipe', 'ignore'],
      // A process group of its own, so that it can be killed whole.
      detached: process.platform !== 'win32',
      windowsHide: true,
    })
  } catch (error) {
    throw notStarted(error)
  }
}

/** What the command wrote, once it has ended well and nobody can write any more. */
function collect(child: ChildProcess, giveUp: (reason: AcquireError) => void): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  child.stdout?.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    chunks.push(chunk)
    if (bytes > MAX_OUTPUT_BYTES) giveUp(commandFailure('token-malformed', 'printed more than 64 KiB'))
  })
  child.stdout?.on('error', () =>
    giveUp(commandFailure('command-failed', 'left output that could not be read')),
  )
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(notStarted(error)))
    child.once('close', (code, signal) =>
      code === 0 ? resolve(Buffer.concat(chunks).toString('utf8')) : reject(failed(code, signal)),
    )
  })
}

/** Ends the command and all that it started. That it has just ended by itself is no fault. */
function killGroup(child: ChildProcess): void {
  child.stdout?.destroy()
  if (process.platform === 'win32') child.kill('SIGKILL')
  else if (child.pid !== undefined) {
    try {
      process.kill(-child.pid, 'SIGKILL')
    } catch {
      // Nobody of the group is left.
    }
  }
}

function failed(code: number | null, signal: NodeJS.Signals | null): AcquireError {
  const notRun = NOT_RUN.get(code)
  if (notRun !== undefined) return commandFailure('command-not-found', notRun, true)
  return commandFailure(
    'command-failed',
    signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`,
  )
}

function notStarted(error: unknown): AcquireError {
  return commandFailure('command-failed', `could not be started${codeInBrackets(error)}`)
}

/** What a command did wrong, in words that follow its name. Refused is only what will not mend itself by and by. */
export function commandFailure(code: string, what: string, refused = false): AcquireError {
  return new AcquireError({ code, message: `The token command ${what}; run it by hand to see why.`, refused })
}

import { Writable } from 'node:stream'
import type { Command } from '../../src/commands/command.ts'

/** Runs a command to its end, and returns its exit code and what it wrote. */
export async function runCommand(command: Command, args: string[], env: Record<string, string> = {}) {
  const written = { stdout: '', stderr: '' }
  const into = (name: 'stdout' | 'stderr') =>
    new Writable({
      write(chunk, _encoding, done) {
        written[name] += String(chunk)
        done()
      },
    })
  const code = await command({ args, env, stdout: into('stdout'), stderr: into('stderr') })
  return { code, ...written }
}

import { fstatSync, writeSync } from 'node:fs'
import type { Writable } from 'node:stream'
import type { DestinationStream } from 'pino'

/** What a reader that has fallen behind is kept, in bytes; beyond that lines are lost, and counted. */
const MAX_BACKLOG = 256 * 1024
const STDOUT = 1

/** Takes a text, or does not: at once, and never by throwing. */
type Sink = (text: string) => boolean

/**
 * Standard output as a destination of the log that neither blocks nor breaks: lines that it does not take, as a full
 * disk, a reader that is gone or one that has stopped reading, are lost, and their number is told when it takes some
 * again. What it takes is written at once, so that no line is lost at the end.
 */
export function logOutput(stdout: Writable): DestinationStream {
  return lossy(isPipe(STDOUT) ? streamSink(stdout) : fileSink(STDOUT))
}

/** Leaves out what the sink does not take, and says how much that was. */
export function lossy(sink: Sink): DestinationStream {
  let lost = 0
  return {
    write(line) {
      if (lost > 0 && sink(lostLine(lost))) lost = 0
      if (lost > 0 || !sink(line)) lost++
    },
  }
}

/** A pipe or socket, which Node writes to without waiting, and would remember without end what nobody reads. */
export function streamSink(stream: Writable): Sink {
  stream.on('error', () => {})
  return (text) => {
    if (stream.destroyed || stream.writableLength > MAX_BACKLOG) return false
    stream.write(text)
    return true
  }
}

/** A file or device, which takes as much as there is room for. */
export function fileSink(fd: number): Sink {
  let isTorn = false
  return (text) => {
    const bytes = Buffer.from(isTorn ? `\n${text}` : text)
    try {
      const isWhole = writeSync(fd, bytes) === bytes.length
      isTorn = !isWhole
      return isWhole
    } catch {
      return false
    }
  }
}

function isPipe(fd: number): boolean {
  try {
    const stats = fstatSync(fd)
    return stats.isFIFO() || stats.isSocket()
  } catch {
    return false
  }
}

function lostLine(lost: number): string {
  const msg = `${lost} ${lost === 1 ? 'line' : 'lines'} of the log lost: standard output did not take more`
  const time = new Date().toISOString()
  return `${JSON.stringify({ level: 'warn', time, name: 'camunda-auth-proxy', lost, msg })}\n`
}

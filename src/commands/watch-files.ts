import { readFile, stat } from 'node:fs/promises'
import type { Clock } from '../credentials/clock.ts'

/** How often files are looked at, in milliseconds. */
const LOOK_MS = 2_000

export interface WatchOptions {
  /** The texts of the files as they were read last, by path; undefined for one that could not be read. */
  texts(): ReadonlyMap<string, string | undefined>
  onChange(): void
  clock: Clock
}

/**
 * Says when one of these files holds something else than was read, and has been left alone from one look to the next.
 * It looks at them, since events get lost: with a ConfigMap a link changes somewhere else, editors put another file in
 * the place of one, and from other machines nothing is heard. Returns its end.
 */
export function watchFiles({ texts, onChange, clock }: WatchOptions): () => void {
  let hasEnded = false
  let cancel = () => {}
  let seen: string | undefined
  let isSettled = true
  const look = async () => {
    const paths = [...texts().keys()]
    const found = await signature(paths)
    if (seen !== undefined && found !== seen) isSettled = false
    else if (!isSettled || seen === undefined) {
      isSettled = true
      if ((await differs(texts())) && !hasEnded) onChange()
    }
    seen = found
    plan()
  }
  const plan = () => {
    if (!hasEnded) cancel = clock.setTimer(() => void look(), LOOK_MS)
  }
  plan()
  return () => {
    hasEnded = true
    cancel()
  }
}

async function signature(paths: readonly string[]): Promise<string> {
  const all = paths.map(async (path) => {
    const { ino, size, mtimeMs } = await stat(path)
    return `${ino} ${size} ${mtimeMs}`
  })
  return (await Promise.allSettled(all)).map((one) => ('value' in one ? one.value : 'gone')).join()
}

async function differs(texts: ReadonlyMap<string, string | undefined>): Promise<boolean> {
  const all = [...texts].map(async ([path, text]) => {
    const now = await readFile(path, 'utf8').catch(() => undefined)
    return now !== text
  })
  return (await Promise.all(all)).includes(true)
}

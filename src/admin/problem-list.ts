import type { AcquireFailure } from '../credentials/credential.ts'
import { type Fault, type ProblemCode, problemCodes, problemKind } from '../errors.ts'

/** Something that went wrong, and what to do about it. */
export interface ListedProblem {
  code: string
  title: string
  detail?: string
  /** Which cluster's credential it is about, if it is about one. */
  cluster?: string
  fault: Fault
  cure: string
  /** How often it happened since it was first listed. */
  count: number
  /** How long ago it happened last, in milliseconds. */
  agoMs: number
}

type Kept = Omit<ListedProblem, 'agoMs' | 'count'>

const MAX_PROBLEMS = 20

/** The last problems, the newest first: one that happens again takes its place anew. */
export class ProblemList {
  #all: (Kept & { count: number; at: number })[] = []
  #answered: Record<string, number> = {}

  note(problem: Kept, now: number, count = 1): void {
    const isSame = (other: Kept) => other.code === problem.code && other.cluster === problem.cluster
    const before = this.#all.find(isSame)?.count ?? 0
    const others = this.#all.filter((other) => !isSame(other))
    this.#all = [{ ...problem, count: before + count, at: now }, ...others].slice(0, MAX_PROBLEMS)
  }

  /** Notes what this proxy has answered more often than when it was asked last. */
  noteAnswers(counts: Readonly<Record<string, number>>, now: number): void {
    for (const [code, total] of Object.entries(counts)) {
      const more = total - (this.#answered[code] ?? 0)
      if (more > 0 && isProblem(code)) this.note({ code, ...wordsOf(code) }, now, more)
    }
    this.#answered = { ...counts }
  }

  list(now: number): ListedProblem[] {
    return this.#all.map(({ at, ...problem }) => ({ ...problem, agoMs: Math.max(0, Math.round(now - at)) }))
  }
}

/** A failed attempt at getting a credential, as the problem that callers get of it. */
export function acquireProblem({ code, message, refused }: AcquireFailure, fault: Fault): Kept {
  const words = wordsOf(refused ? 'credential-refused' : 'credential-unavailable')
  return { code: `credential: ${code}`, ...words, detail: message, fault: refused ? words.fault : fault }
}

function wordsOf(code: ProblemCode): { title: string; fault: Fault; cure: string } {
  const { title, fault, cure } = problemKind(code)
  return { title, fault, cure }
}

function isProblem(code: string): code is ProblemCode {
  return (problemCodes as readonly string[]).includes(code)
}

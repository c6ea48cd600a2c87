import type { Diagnosis } from './diagnoses.ts'

export type Status = 'ok' | 'warning' | 'failed' | 'skipped'

/** What is about to be tried. */
export interface Plan {
  /** A stable word for the kind of step. */
  name: string
  /** The cluster that it is about; undefined: the proxy as a whole. */
  cluster?: string
  /** Whom it is about: host and port, or a path. */
  target?: string
  /** In words, what is tried. */
  tried: string
}

/** What came of it. Holds no secret. */
export interface Finding extends Partial<Diagnosis> {
  status: Status
  /** Sentences for a person. */
  detail: readonly string[]
  /** The same for a program. */
  facts?: Readonly<Record<string, unknown>>
}

export interface Step extends Plan, Finding {
  tookMs: number
}

export const ok = (detail: readonly string[], facts?: Finding['facts']): Finding =>
  facts === undefined ? { status: 'ok', detail } : { status: 'ok', detail, facts }

export const skipped = (why: string): Finding => ({ status: 'skipped', detail: [why] })

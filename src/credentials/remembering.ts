import { randomBytes, scrypt } from 'node:crypto'
import type { Fault } from '../errors.ts'
import { faultOf } from './blame.ts'
import { AcquireError, type AcquireFailure, type CredentialSource } from './credential.ts'
import { pauseLeftMs, type Refusal } from './refusals.ts'
import { retryAfterRefusalMs } from './schedule.ts'

/** Where refusals outlive a process. Neither ever rejects. */
export interface Memory {
  /** For messages. */
  place: string
  recall(identity: string): Promise<Refusal | undefined>
  /** Takes a refusal down, or undefined: there is none any more. */
  note(identity: string, refusal: Refusal | undefined): Promise<void>
}

/** What a refusal is remembered by. */
export interface Remembered {
  /** A digest of who asks whom for what, without anything secret: the place of its entry. */
  identity: string
  /** All that the answer depends on but the values of secrets in files. Never to be written anywhere. */
  key: string
  /** Begins a sentence: who is asked. */
  asked: string
}

/** 16 MiB and half a tenth of a second for each guess. */
const COST = { N: 2 ** 14, r: 8, p: 1, maxmem: 32 * 1024 * 1024 }
/** Who waits for the refusal waits this much longer for its being remembered, in milliseconds. */
const PATIENCE_MS = 2_000
/** All of it ends before the time that an attempt may take, lest the refusal pass for silence. */
const LATEST_MS = 9_500

/**
 * A source that goes on where the process before it was ended: what was refused then is not asked for again before its
 * pause is over, since a program that is restarted again and again would have the client or the address locked out.
 * Another secret, or anything else that is asked for, is tried at once. A refusal is told when it is remembered.
 */
export function remembering(
  source: CredentialSource,
  what: Remembered,
  memory: Memory,
  now: () => number = Date.now,
): CredentialSource {
  let isFirst = true
  /** How many refusals there were in a row, in the processes before as well. */
  let times = 0
  let isNoted = false
  const recall = async () => {
    const refusal = await memory.recall(what.identity)
    if (refusal === undefined || !(await isOf(refusal, what, source).catch(() => false))) return
    isNoted = true
    times = refusal.times
    const leftMs = pauseLeftMs(refusal, now())
    if (leftMs > 0) throw new AcquireError(remembered(refusal, what, memory, leftMs, now()))
  }
  const note = async (failure: AcquireFailure): Promise<AcquireFailure> => {
    if (failure.refused) times++
    const pauseMs = Math.max(failure.refused ? retryAfterRefusalMs(times) : 0, failure.retryAfterMs ?? 0)
    // Nobody was asked where the fault is in a file of ours, or on the way out.
    if (pauseMs === 0 || isOurs(faultOf(failure, source))) return failure
    isNoted = true
    const proof = failure.refused ? await prove(what, await source.fingerprint()) : ''
    const at = Math.round(now())
    const { code } = failure
    const refusal = {
      at,
      notBefore: at + Math.round(pauseMs),
      times: failure.refused ? times : 0,
      code,
      proof,
    }
    await memory.note(what.identity, refusal)
    return failure.refused ? { ...failure, times } : failure
  }
  return {
    ...source,
    async acquire(signal) {
      if (isFirst) {
        isFirst = false
        await recall()
      }
      const latest = performance.now() + LATEST_MS
      try {
        const issued = await source.acquire(signal)
        times = 0
        if (isNoted) void memory.note(what.identity, undefined)
        isNoted = false
        return issued
      } catch (error) {
        if (!(error instanceof AcquireError)) throw error
        throw new AcquireError(await within(latest - performance.now(), note(error.failure), error.failure))
      }
    },
  }
}

function isOurs(fault: Fault): boolean {
  return fault === 'settings' || fault === 'this proxy'
}

/** A wait that was asked for holds whatever the secret. */
async function isOf({ proof, times }: Refusal, what: Remembered, source: CredentialSource): Promise<boolean> {
  if (times === 0) return true
  const [salt = ''] = proof.split('.')
  return proof === (await prove(what, await source.fingerprint(), salt))
}

/**
 * By which a secret is known again, in a file that somebody may come to read: neither can the secret be worked out
 * from it, nor can many be tried. A plain digest of a password could be looked up; of this one, each guess costs as
 * much as here, and it says nothing of the same secret elsewhere.
 */
function prove(
  { key }: Remembered,
  fingerprint: string,
  salt = randomBytes(16).toString('base64url'),
): Promise<string> {
  return new Promise((resolve, reject) => {
    scrypt(`${key}\n${fingerprint}`, salt, 32, COST, (error, hash) => {
      if (error === null) resolve(`${salt}.${hash.toString('base64url')}`)
      else reject(error)
    })
  })
}

function remembered(
  { at, code, times }: Refusal,
  { asked }: Remembered,
  { place }: Memory,
  leftMs: number,
  now: number,
): AcquireFailure {
  const agoS = Math.max(0, Math.round((now - at) / 1_000))
  const before = `${agoS} s ago, before this proxy was started anew`
  if (times === 0) {
    const message = `${asked} asked to be left alone (${code}) ${before}.`
    return { code, message, refused: false, pauseMs: leftMs, retryAfterMs: leftMs }
  }
  const message =
    `${asked} refused what this proxy authenticates with (${code}) ${before}; ` +
    `another secret is tried at once, and this one when the pause is over or ${place} is removed.`
  return { code, message, refused: true, pauseMs: leftMs, times }
}

/** Whatever becomes of the memory: the failure is told. */
function within(
  leftMs: number,
  noted: Promise<AcquireFailure>,
  failure: AcquireFailure,
): Promise<AcquireFailure> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(failure), Math.min(PATIENCE_MS, leftMs))
    noted.then(resolve, () => resolve(failure)).finally(() => clearTimeout(timer))
  })
}

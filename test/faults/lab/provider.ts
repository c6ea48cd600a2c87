import { setTimeout as sleep } from 'node:timers/promises'
import type { Identity } from '../../helpers/certificate.ts'
import { type FakeIdp, fakeIdp, type IdpAnswer, json } from '../../helpers/fake-idp.ts'
import { type Gate, openGate } from './gate.ts'
import { machineLag } from './lag.ts'

/** What the provider says of a token that was sent to the cluster. */
export type Verdict = 'good' | 'expired' | 'revoked' | 'unknown' | 'missing'

/** An identity provider that knows each token that it gave, until when, and what became of it. */
export interface Provider extends Pick<FakeIdp, 'requests' | 'answerWith'> {
  /** Where it is asked, through its gate. */
  tokenUrl: string
  gate: Gate
  /** Answers with a good token, as at the start. */
  good: IdpAnswer
  /** Notes a token that is given from now on for so many seconds, and returns it. */
  issue(lifeS: number, token?: string): string
  /** Takes all tokens back that it gave so far. */
  revokeAll(): void
  judge(authorization: string | undefined): { verdict: Verdict; issuedAt: number }
  /** Requests and connections that reached it, answered or not. */
  asked(): number
  /** Each token that it gave. */
  tokens(): string[]
  /** Everything in order: opens the gate and gives good tokens. */
  mend(): Promise<void>
  close(): Promise<void>
}

/** What a token may be late by: it was sent in time, and the way to the cluster takes a little. */
const ON_ITS_WAY_MS = 250

let issued = 0

/** A provider whose tokens last so many seconds, and take so long to get, behind a gate; `identity` makes it speak https. */
export async function startProvider(lifeS: number, delayMs: number, identity?: Identity): Promise<Provider> {
  const ledger = new Map<string, { issuedAt: number; endsAt: number; revoked: boolean }>()
  const issue = (life: number, token = `lab-token-${++issued}`) => {
    const now = performance.now()
    ledger.set(token, { issuedAt: now, endsAt: now + life * 1_000, revoked: false })
    return token
  }
  const good: IdpAnswer = async (_request, response) => {
    await sleep(delayMs)
    json(response, 200, { access_token: issue(lifeS), expires_in: lifeS, token_type: 'Bearer' })
  }
  const idp = await fakeIdp(good)
  const gate = await openGate(idp.port, identity)
  return {
    requests: idp.requests,
    answerWith: idp.answerWith,
    tokenUrl: `${identity === undefined ? 'http' : 'https'}://127.0.0.1:${gate.port}/oauth/token`,
    gate,
    good,
    issue,
    revokeAll() {
      for (const entry of ledger.values()) entry.revoked = true
    },
    judge(authorization) {
      const entry = ledger.get(authorization?.replace(/^Bearer /, '') ?? '')
      if (authorization === undefined) return { verdict: 'missing', issuedAt: 0 }
      if (entry === undefined) return { verdict: 'unknown', issuedAt: 0 }
      const { issuedAt, endsAt, revoked } = entry
      const expired = performance.now() > endsAt + ON_ITS_WAY_MS + 2 * machineLag()
      return { verdict: revoked ? 'revoked' : expired ? 'expired' : 'good', issuedAt }
    },
    asked: () => idp.requests.length + gate.cut(),
    tokens: () => [...ledger.keys()],
    async mend() {
      idp.answerWith(good)
      await gate.be('open')
    },
    async close() {
      await gate.close()
      await idp.close()
    },
  }
}

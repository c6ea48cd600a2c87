import type { Dispatcher } from 'undici'
import type { Credential, Keeper } from '../../src/credentials/credential.ts'
import { sendAuthenticated, type UpstreamRequest } from '../../src/upstream/authenticate.ts'

/** What the caller's side was told. */
export interface Told {
  status: number | undefined
  body: string
  error: Error | undefined
  controller: Dispatcher.DispatchController | undefined
  /** How often an end was told, of the one kind or the other. */
  ends: number
  over: Promise<Told>
}

/** Has a credential at once, `Bearer 1`, and the next one after each refusal. */
export class CountingKeeper implements Keeper {
  generation = 1
  /** The credential has expired: it has to be waited for. */
  isExpired = false
  accepted = 0

  usable(): Credential | undefined {
    return this.current()
  }

  current(): Credential | undefined {
    return this.isExpired ? undefined : this.#credential()
  }

  async obtain(): Promise<Credential> {
    if (this.isExpired) this.generation++
    this.isExpired = false
    return this.#credential()
  }

  accept(): void {
    this.accepted++
  }

  async reject(): Promise<Credential> {
    this.generation++
    return this.#credential()
  }

  #credential(): Credential {
    return {
      headers: ['authorization', `Bearer ${this.generation}`],
      generation: this.generation,
      acquiredAt: 0,
      renewAt: Number.MAX_VALUE,
      usableUntil: Number.MAX_VALUE,
      session: undefined,
    }
  }
}

/** Sends a request as the gateway would, and notes what becomes of it. */
export function ask(dispatcher: Dispatcher, keeper: Keeper, request: Partial<UpstreamRequest> = {}): Told {
  let end = (_told: Told) => {}
  const over = new Promise<Told>((resolve) => {
    end = resolve
  })
  const told: Told = { status: undefined, body: '', error: undefined, controller: undefined, ends: 0, over }
  const whole = { origin: 'http://cluster', path: '/', method: 'GET', headers: [], body: null, ...request }
  sendAuthenticated(dispatcher, whole, keeper, {
    onRequestStart(controller) {
      told.controller = controller
    },
    onResponseStart(_controller, status) {
      told.status = status
    },
    onResponseData(_controller, chunk) {
      told.body += chunk.toString('latin1')
    },
    onResponseEnd() {
      told.ends++
      end(told)
    },
    onResponseError(_controller, error) {
      told.ends++
      told.error = error
      end(told)
    },
  })
  return told
}

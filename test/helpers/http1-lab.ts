import type { Readable } from 'node:stream'
import type { Test } from 'tap'
import { buildConnector, type Dispatcher } from 'undici'
import { Http1Dispatcher } from '../../src/upstream/http1.ts'
import { Wire } from './wire.ts'

type Controller = Dispatcher.DispatchController
type Handler = Dispatcher.DispatchHandler

export interface Request {
  method?: string
  path?: string
  headers?: string[]
  body?: Readable | null
  origin?: string
  /** Called in place of nothing, after the step has been noted. */
  on?: Partial<Handler>
}

/** What a handler was told. */
export interface Call {
  steps: string[]
  status: number | undefined
  body: string
  error: (Error & { code?: string }) | undefined
  controller: Controller | undefined
  /** Resolves with the call once it has ended, one way or the other. */
  over: Promise<Call>
}

/** The client under test, ended when the test is. `call` sends a request and notes what becomes of it. */
export interface Http1Lab {
  dispatcher: Http1Dispatcher
  call(request?: Request): Call
}

const noOthers = (): Dispatcher => {
  throw new Error('nobody asks for it')
}

export function http1Lab(t: Test, connector: buildConnector.connector, origin = 'http://cluster'): Http1Lab {
  const dispatcher = new Http1Dispatcher(connector, noOthers)
  t.teardown(() => dispatcher.destroy())
  return { dispatcher, call: (request = {}) => callOn(dispatcher, { origin, ...request }) }
}

/** Over real connections. */
export function http1LabOn(t: Test, origin: string): Http1Lab {
  return http1Lab(t, buildConnector({ timeout: 5_000 }), origin)
}

/** Over connections whose other side is the test; each is there at once. */
export function wireLab(t: Test): Http1Lab & { wires: Wire[] } {
  const wires: Wire[] = []
  const lab = http1Lab(t, (_options, callback) => {
    const wire = new Wire()
    wires.push(wire)
    callback(null, wire.asSocket)
  })
  return { ...lab, wires }
}

export const turn = () => new Promise((resolve) => setImmediate(resolve))

function callOn(dispatcher: Dispatcher, request: Request): Call {
  const { on = {}, method = 'GET', path = '/', headers = [], body = null, origin = '' } = request
  let end: (call: Call) => void = () => {}
  const over = new Promise<Call>((resolve) => {
    end = resolve
  })
  const call: Call = { steps: [], status: undefined, body: '', error: undefined, controller: undefined, over }
  const handler: Handler = {
    onRequestStart(controller, context) {
      call.steps.push('start')
      call.controller = controller
      on.onRequestStart?.(controller, context)
    },
    onResponseStart(controller, status, headers, message) {
      call.steps.push('head')
      call.status = status
      on.onResponseStart?.(controller, status, headers, message)
    },
    onResponseData(controller, chunk) {
      if (call.steps.at(-1) !== 'data') call.steps.push('data')
      call.body += chunk.toString('latin1')
      on.onResponseData?.(controller, chunk)
    },
    onResponseEnd(controller, trailers) {
      call.steps.push('end')
      end(call)
      on.onResponseEnd?.(controller, trailers)
    },
    onResponseError(controller, error) {
      call.steps.push('error')
      call.error = error
      end(call)
      on.onResponseError?.(controller, error)
    },
  }
  dispatcher.dispatch({ origin, method: method as Dispatcher.HttpMethod, path, headers, body }, handler)
  return call
}

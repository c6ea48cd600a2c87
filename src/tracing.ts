import type { IncomingHttpHeaders } from 'node:http'
import type { Span } from '@opentelemetry/api'

/**
 * Spans of requests and of attempts at credentials, by the interface of OpenTelemetry: an SDK, which the user registers,
 * samples and exports them. Nothing of it is loaded unless it is wanted.
 */
export interface Tracing {
  /** Begins the span of a request. It belongs to the trace that the headers tell of, else it begins one. */
  request(line: RequestLine): RequestSpan
  /** Begins the span of an attempt at a credential: a trace of its own, since what comes of it is for many requests. */
  attempt(of: { cluster: string; api: string } | undefined): AttemptSpan
  /** Has the SDK export what has ended, if it can be told to. Takes 1.5 s at most, and never rejects. */
  flush(): Promise<void>
}

/** What a span says of a request. */
interface RequestLine {
  method?: string | undefined
  url?: string | undefined
  headers: IncomingHttpHeaders
}

export interface RequestSpan {
  /** The headers that make the cluster's spans children of this one, by name; undefined for what has no place there. */
  carried(): ReadonlyMap<string, string | undefined>
  /** It waited for a credential, so many milliseconds. */
  waited(ms: number): void
  /** It is sent once more. */
  resent(): void
  end(outcome: Outcome): void
}

interface Outcome {
  /** Undefined if none was sent. */
  status?: number
  /** A word for what went wrong. */
  error?: string
  /** A sentence, if that was not for the caller to avoid. */
  failure?: string | undefined
}

export interface AttemptSpan {
  /** What spans others begin meanwhile are children of this one. */
  within<T>(act: () => T): T
  end(failure?: { code: string; message: string }): void
}

type Api = typeof import('@opentelemetry/api')

const NAME = 'camunda-auth-proxy'
const MAX_FLUSH_MS = 1_500
const MAX_PATH = 1_024
/** Any other is one value, lest there be any number of them. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT'])
/** A name or an address, and perhaps a port: nothing else that a caller may write there gets into a span. */
const HOST = /^(\[[\da-f:.]{2,45}\]|[\w.-]{1,253})(?::(\d{1,5}))?$/i

/**
 * Loads the interface, if it is wanted. `warn` hears of it if nobody has registered an SDK: then no span is ever seen.
 * @throws Error if the package is missing, for which the settings are checked
 */
export async function tracingOf(
  isWanted: boolean,
  warn: (words: string) => void,
): Promise<Tracing | undefined> {
  if (!isWanted) return undefined
  const api = await import('@opentelemetry/api')
  if (!isHeard(api))
    warn(
      'tracing is on, but no OpenTelemetry SDK is registered: start Node with --import and a file that does',
    )
  return {
    request: (line) => requestSpan(api, line),
    attempt: (of) => attemptSpan(api, of),
    flush: () => flush(api),
  }
}

/** Without an SDK, spans have no ids. This one is never ended, and so never exported. */
function isHeard(api: Api): boolean {
  return api.isSpanContextValid(tracer(api).startSpan('probe', {}, api.ROOT_CONTEXT).spanContext())
}

/** Asked for each time, since an SDK may be registered late. */
function tracer({ trace }: Api) {
  return trace.getTracer(NAME)
}

function requestSpan(api: Api, line: RequestLine): RequestSpan {
  const { propagation, trace, SpanKind } = api
  const parent = propagation.extract(api.ROOT_CONTEXT, line.headers)
  const attributes = attributesOf(line)
  const known = METHODS.has(line.method ?? '') ? line.method : undefined
  const span = tracer(api).startSpan(known ?? 'HTTP', { kind: SpanKind.SERVER, attributes }, parent)
  let resent = 0
  return {
    carried() {
      const injected: Record<string, string> = {}
      propagation.inject(trace.setSpan(parent, span), injected)
      // Baggage is between the caller and the cluster.
      const names = propagation.fields().filter((name) => name !== 'baggage')
      return new Map(names.map((name) => [name.toLowerCase(), injected[name]]))
    },
    waited: (ms) => span.setAttribute('camunda_auth_proxy.credential_wait_ms', Math.round(ms)),
    resent: () => span.setAttribute('http.request.resend_count', ++resent),
    end: (outcome) => endRequest(api, span, outcome),
  }
}

/** https://opentelemetry.io/docs/specs/semconv/http/http-spans/ */
function attributesOf({ method = '', url = '', headers }: RequestLine) {
  const [, address, port] = HOST.exec(headers.host ?? '') ?? []
  return {
    ...(METHODS.has(method)
      ? { 'http.request.method': method }
      : { 'http.request.method': '_OTHER', 'http.request.method_original': method }),
    // Not an absolute one, which may hold a password.
    ...(url.startsWith('/') && { 'url.path': url.split('?', 1)[0]?.slice(0, MAX_PATH) }),
    ...(address !== undefined && { 'server.address': address }),
    ...(port !== undefined && { 'server.port': Number(port) }),
  }
}

function endRequest({ SpanStatusCode }: Api, span: Span, { status, error, failure }: Outcome): void {
  const isFailed = failure !== undefined || (status !== undefined && status >= 500)
  const type = error ?? (isFailed ? String(status) : undefined)
  if (status !== undefined) span.setAttribute('http.response.status_code', status)
  if (type !== undefined) span.setAttribute('error.type', type)
  if (isFailed)
    span.setStatus({ code: SpanStatusCode.ERROR, ...(failure !== undefined && { message: failure }) })
  span.end()
}

function attemptSpan(api: Api, of: { cluster: string; api: string } | undefined): AttemptSpan {
  const { context, trace, SpanKind, SpanStatusCode, ROOT_CONTEXT } = api
  const attributes =
    of === undefined ? {} : { 'camunda_auth_proxy.cluster': of.cluster, 'camunda_auth_proxy.api': of.api }
  const options = { kind: SpanKind.INTERNAL, attributes }
  const span = tracer(api).startSpan('acquire credential', options, ROOT_CONTEXT)
  return {
    within: (act) => context.with(trace.setSpan(ROOT_CONTEXT, span), act),
    end(failure) {
      if (failure !== undefined) {
        span.setAttribute('error.type', failure.code)
        span.setStatus({ code: SpanStatusCode.ERROR, message: failure.message })
      }
      span.end()
    },
  }
}

interface Flushable {
  forceFlush?(): Promise<void>
}

/** Flushing is no part of the interface, but of the SDKs: of what is registered, or of what that stands for. */
async function flush({ trace }: Api): Promise<void> {
  const registered = trace.getTracerProvider() as Flushable & { getDelegate?(): Flushable }
  const provider = registered.getDelegate?.() ?? registered
  let timer: NodeJS.Timeout | undefined
  const isLate = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, MAX_FLUSH_MS)
  })
  const flushed = async () => provider.forceFlush?.()
  // What could not be exported is the SDK's to tell.
  await Promise.race([flushed().catch(() => {}), isLate])
  clearTimeout(timer)
}

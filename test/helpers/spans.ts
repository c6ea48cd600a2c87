import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type Context,
  type ContextManager,
  context,
  propagation,
  ROOT_CONTEXT,
  trace,
} from '@opentelemetry/api'
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core'
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { until } from './until.ts'

/** The setting that turns tracing on. */
export const TRACING = { CAMUNDA_PROXY_TRACING: 'true' }

export interface Spans {
  /** All that have ended. */
  ended(): readonly ReadableSpan[]
  /** Those of requests. */
  requests(): readonly ReadableSpan[]
  /** Waits for so many of requests. */
  request(count?: number): Promise<ReadableSpan>
  /** Those that were exported in batches, which are made when an SDK is told to, or late. */
  batches(): readonly ReadableSpan[]
  reset(): void
}

/** An SDK that keeps what it is given, registered for this process as a user's is, with the usual propagators. */
export function registerSdk(): Spans {
  const [exporter, batched] = [new InMemorySpanExporter(), new InMemorySpanExporter()]
  const late = new BatchSpanProcessor(batched, { scheduledDelayMillis: 1_000_000 })
  const spanProcessors = [new SimpleSpanProcessor(exporter), late]
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors }))
  const propagators = [new W3CTraceContextPropagator(), new W3CBaggagePropagator()]
  propagation.setGlobalPropagator(new CompositePropagator({ propagators }))
  context.setGlobalContextManager(new Storage())
  const ended = () => exporter.getFinishedSpans()
  const requests = () => ended().filter(({ name }) => name !== 'acquire credential')
  return {
    ended,
    requests,
    async request(count = 1) {
      await until(() => requests().length >= count, `${count} requests have ended`)
      return requests()[count - 1] as ReadableSpan
    },
    batches: () => batched.getFinishedSpans(),
    reset: () => exporter.reset(),
  }
}

class Storage implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>()

  active(): Context {
    return this.#storage.getStore() ?? ROOT_CONTEXT
  }

  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    given: Context,
    act: F,
    self?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    return this.#storage.run(given, () => act.apply(self, args))
  }

  bind<T>(_context: Context, target: T): T {
    return target
  }

  enable(): this {
    return this
  }

  disable(): this {
    return this
  }
}

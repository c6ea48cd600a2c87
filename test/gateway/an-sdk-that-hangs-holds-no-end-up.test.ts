import { mock } from 'node:test'
import { ProxyTracerProvider, type TracerProvider, trace } from '@opentelemetry/api'
import t from 'tap'
import { type Tracing, tracingOf } from '../../src/tracing.ts'

const noTracer = new ProxyTracerProvider()

/** An SDK that exports in this way when it is told to. */
async function tracingWith(forceFlush: () => Promise<void>): Promise<Tracing> {
  trace.disable()
  const provider: TracerProvider & { forceFlush(): Promise<void> } = {
    getTracer: (name) => noTracer.getTracer(name),
    forceFlush,
  }
  trace.setGlobalTracerProvider(provider)
  return wanted()
}

async function wanted(): Promise<Tracing> {
  return (await tracingOf(true, () => {})) as Tracing // since it is wanted
}

t.test('when it does not come to an end', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  let isDone = false
  const tracing = await tracingWith(() => new Promise(() => {}))
  const flushed = tracing.flush().then(() => {
    isDone = true
  })
  mock.timers.tick(1_499)
  await new Promise((resolve) => setImmediate(resolve))
  t.notOk(isDone)
  mock.timers.tick(1)
  await flushed
  t.ok(isDone)
})

t.test('when it fails, or throws', async (t) => {
  await t.resolves((await tracingWith(() => Promise.reject(new Error('no collector')))).flush())
  const throwing = () => {
    throw new Error('no collector')
  }
  await t.resolves((await tracingWith(throwing)).flush())
})

t.test('when it has no such thing', async (t) => {
  trace.disable()
  trace.setGlobalTracerProvider(noTracer)
  const tracing = await wanted()
  await t.resolves(tracing.flush())
})

import t, { type Test } from 'tap'
import type { Dispatcher } from 'undici'
import { gatewayTo, http2Lab, identity } from '../helpers/http2-lab.ts'
import { type RawStream, rawHttp2 } from '../helpers/raw-http2.ts'

const fault = new Error('a defect of the handler')

/** What the handler is told of a request that is answered so, and which of its methods then throws. */
async function told(t: Test, thrower: string, answer: (stream: RawStream) => void): Promise<string[]> {
  const cluster = await rawHttp2(t, identity, answer)
  const { dispatcher, origin } = await gatewayTo(t, cluster.port)
  const steps: string[] = []
  await new Promise<void>((resolve) => {
    const step = (name: string, isLast = false) => {
      steps.push(name)
      if (isLast) setImmediate(() => setImmediate(resolve))
      if (name === thrower) throw fault
    }
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: () => step('start'),
      onResponseStart: () => step('head'),
      onResponseData: () => step('data'),
      onResponseEnd: () => step('end', true),
      onResponseError: (_controller, error) => step(error === fault ? 'its own' : 'error', true),
    }
    dispatcher.dispatch({ origin, path: '/', method: 'GET' }, handler)
  })
  return steps
}

const whole = (stream: RawStream) => {
  stream.head()
  stream.data('whole', true)
}

t.test('what a handler throws comes back to it, and goes no further', async (t) => {
  t.strictSame(await told(t, 'start', whole), ['start', 'its own'])
  t.strictSame(await told(t, 'head', whole), ['start', 'head', 'its own'])
  t.strictSame(await told(t, 'data', whole), ['start', 'head', 'data', 'its own'])
  t.strictSame(await told(t, 'error', (stream) => stream.reset(2)), ['start', 'error'])
})

t.test('interim answers without end are refused', async (t) => {
  for (const [count, status] of [
    [1_000, 200],
    [1_001, 502],
  ] as const) {
    const lab = await http2Lab(t, (stream) => {
      for (let i = 0; i < count; i++) stream.additionalHeaders({ ':status': 103 })
      stream.respond({ ':status': 200 })
      stream.end('whole')
    })
    t.equal((await fetch(`${lab.url}/v2/x`)).status, status, `${count}`)
  }
})

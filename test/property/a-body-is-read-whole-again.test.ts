import { PassThrough, type Readable } from 'node:stream'
import fc from 'fast-check'
import t from 'tap'
import { ReplayBody } from '../../src/upstream/replay-body.ts'

const LIMIT = 1_000
/** What a reader takes before it has the source wait, and the largest chunk that may come besides. */
const BUFFER = 64 * 1024
const LARGEST = 60_000
const turn = () => new Promise((resolve) => setImmediate(resolve))

async function collect(reader: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of reader) chunks.push(chunk)
  return Buffer.concat(chunks)
}

type Step =
  | { do: 'write'; bytes: number }
  | { do: 'read'; bytes: number | undefined }
  | { do: 'turn' }
  /** Another reader takes over; the former one is destroyed now, or later, or never. */
  | { do: 'switch'; former: 'destroyed' | 'destroyed later' | 'left' }

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('write'), bytes: fc.integer({ min: 1, max: 60_000 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('read'), bytes: fc.constantFrom(undefined, 1, 1_000, 30_000) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('turn') }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('switch'),
      former: fc.constantFrom('destroyed', 'destroyed later', 'left'),
    }),
  },
)

/** One reading, at the reader's own pace. */
class Reading {
  readonly stream: Readable
  readonly chunks: Buffer[] = []
  ended = false

  constructor(body: ReplayBody) {
    this.stream = body.open()
    this.stream.on('end', () => {
      this.ended = true
    })
  }

  read(bytes?: number): boolean {
    const chunk: unknown = this.stream.read(bytes)
    if (!(chunk instanceof Buffer)) return false
    this.chunks.push(chunk)
    return true
  }

  /** What it was handed, read or not. */
  get handed(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.length, 0) + this.stream.readableLength
  }
}

/** A caller that sends, and the readers of its body. */
class Exchange {
  readonly source = new PassThrough()
  readonly body: ReplayBody
  readonly limit: number
  readonly #written: Buffer[] = []
  readonly #former: { reading: Reading; handed: number }[] = []
  reading: Reading

  constructor(limit: number) {
    this.limit = limit
    this.body = new ReplayBody(this.source, limit)
    this.reading = new Reading(this.body)
  }

  get whole(): Buffer {
    return Buffer.concat(this.#written)
  }

  async act(step: Step): Promise<void> {
    if (step.do === 'turn') await turn()
    if (step.do === 'read') this.reading.read(step.bytes)
    if (step.do === 'write') this.#write(step.bytes)
    if (step.do === 'switch' && this.body.replayable) await this.#switch(step.former)
  }

  #write(bytes: number): void {
    const chunk = Buffer.alloc(bytes, String(this.#written.length))
    this.#written.push(chunk)
    this.source.write(chunk)
  }

  async #switch(fate: 'destroyed' | 'destroyed later' | 'left'): Promise<void> {
    const former = this.reading
    if (fate === 'destroyed') former.stream.destroy()
    this.reading = new Reading(this.body)
    this.#former.push({ reading: former, handed: former.handed })
    if (fate !== 'destroyed later') return
    await turn()
    former.stream.destroy()
  }

  /** Memory is bounded, and nobody but the last reader gets anything. */
  check(): void {
    const most = Math.max(this.limit, BUFFER) + LARGEST
    if (this.reading.stream.readableLength > most) throw new Error('a slow reader is not waited for')
    for (const { reading, handed } of this.#former) {
      if (!reading.stream.destroyed) reading.read()
      if (reading.handed > handed) throw new Error('a former reader got more')
    }
  }

  async finish(): Promise<Buffer> {
    this.source.end()
    for (let idle = 0; !this.reading.ended && idle < 20; idle++) {
      while (this.reading.read()) idle = 0
      await turn()
    }
    if (!this.reading.ended) throw new Error('the reading did not end')
    return Buffer.concat(this.reading.chunks)
  }
}

/** What is kept is what another reader gets at once: all of it or nothing. */
async function checkKept(body: ReplayBody, whole: Buffer, limit: number): Promise<void> {
  if (!body.complete) throw new Error('not complete')
  if (body.replayable !== whole.length <= limit) throw new Error(`replayable: ${body.replayable}`)
  const again = body.open()
  if (again.readableLength !== (body.replayable ? whole.length : 0)) throw new Error('more or less is kept')
  if (body.replayable && !(await collect(again)).equals(whole)) throw new Error('another second time')
}

t.test('whatever the chunks and pauses, and whenever another reader takes over', async (t) => {
  const seen = { kept: 0, tooLarge: 0 }
  const readsTheWhole = async (limit: number, trace: Step[]) => {
    const exchange = new Exchange(limit)
    for (const step of trace) {
      await exchange.act(step)
      exchange.check()
    }
    const { body, whole } = exchange
    if (!(await exchange.finish()).equals(whole)) throw new Error('the last reader got something else')
    seen[body.replayable ? 'kept' : 'tooLarge']++
    await checkKept(body, whole, limit)
  }
  const limits = fc.constantFrom(0, 1_000, 50_000, 256 * 1024)
  const traces = fc.array(steps, { maxLength: 40, size: 'max' })
  await fc.assert(fc.asyncProperty(limits, traces, readsTheWhole), { numRuns: 500 })
  t.ok(seen.kept > 30 && seen.tooLarge > 30, `${seen.kept} were kept, ${seen.tooLarge} were too large`)
})

t.test(
  'a source that breaks off breaks the reading off; a reading that ends leaves the source',
  async (t) => {
    const source = new PassThrough()
    const body = new ReplayBody(source, LIMIT)
    const reader = body.open()
    reader.resume()
    source.write('half')
    await turn()
    t.notOk(source.isPaused())
    reader.destroy()
    await turn()
    t.notOk(source.destroyed)
    t.ok(source.isPaused(), 'nobody reads')
    const second = collect(body.open())
    source.destroy(new Error('the caller left'))
    await t.rejects(second, { message: 'the caller left' })
  },
)

t.test('a former reader that wants more does not set the source going', async (t) => {
  const source = new PassThrough()
  const body = new ReplayBody(source, 2 * BUFFER)
  const former = body.open()
  source.write(Buffer.alloc(BUFFER))
  await turn()
  former.read()
  await turn()
  const reader = body.open()
  t.equal(reader.readableLength, BUFFER, 'as much as it takes at once')
  source.pause()
  former.read()
  former.destroy()
  await turn()
  t.ok(source.isPaused())
})

t.test('what is not wanted is let go: no listener stays, and the source is left paused', async (t) => {
  const source = new PassThrough()
  const body = new ReplayBody(source, LIMIT)
  const reader = body.open()
  body.detach()
  await turn()
  t.ok(reader.destroyed)
  t.equal(source.listenerCount('data') + source.listenerCount('end'), 0)
  t.ok(source.isPaused())
  t.notOk(body.replayable)
})

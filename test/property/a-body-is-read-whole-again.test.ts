import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import t from 'tap'
import { ReplayBody } from '../../src/upstream/replay-body.ts'

const LIMIT = 1_000
const turn = () => new Promise((resolve) => setImmediate(resolve))

async function collect(reader: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of reader) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Writes the chunks, lets another reader take over at one of them, and returns what the last reader got. */
async function readWithSwitch(source: PassThrough, body: ReplayBody, chunks: Uint8Array[], switchAt: number) {
  let reader = body.open()
  let read = collect(reader)
  for (const [i, chunk] of chunks.entries()) {
    source.write(chunk)
    await turn()
    if (i !== switchAt || !body.replayable) continue
    const former = reader
    read.catch(() => 'its reader was taken away')
    reader = body.open()
    former.destroy()
    read = collect(reader)
  }
  source.end()
  return read
}

t.test('whatever the chunks and whenever another reader takes over', async (t) => {
  let small = 0
  const readsTheWhole = async (chunks: Uint8Array[], switchAt: number) => {
    const source = new PassThrough()
    const body = new ReplayBody(source, LIMIT)
    const whole = Buffer.concat(chunks)
    const got = await readWithSwitch(source, body, chunks, switchAt)
    if (!got.equals(whole)) throw new Error(`${got.length} bytes of ${whole.length}`)
    if (body.replayable !== whole.length <= LIMIT)
      throw new Error(`${whole.length} bytes: ${body.replayable}`)
    if (!body.replayable) return
    small++
    if (!body.complete || !(await collect(body.open())).equals(whole)) throw new Error('another second time')
  }
  const chunkLists = fc.array(fc.uint8Array({ minLength: 1, maxLength: 400 }), { maxLength: 12, size: 'max' })
  await fc.assert(fc.asyncProperty(chunkLists, fc.nat(12), readsTheWhole), { numRuns: 300 })
  t.ok(small > 50, `${small} were small enough to be kept`)
})

t.test(
  'a source that breaks off breaks the reading off; a reading that ends leaves the source',
  async (t) => {
    const source = new PassThrough()
    const body = new ReplayBody(source, LIMIT)
    const reader = body.open()
    source.write('half')
    await turn()
    reader.destroy()
    await turn()
    t.notOk(source.destroyed)
    const second = collect(body.open())
    source.destroy(new Error('the caller left'))
    await t.rejects(second, { message: 'the caller left' })
  },
)

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

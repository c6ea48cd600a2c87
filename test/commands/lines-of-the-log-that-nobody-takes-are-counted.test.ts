import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { fileSink, lossy, streamSink } from '../../src/commands/log-output.ts'

const LOST = /"level":"warn",.*"lost":2,"msg":"2 lines of the log lost: standard output did not take more"/

t.test('they are lost, and their number is told before the next line', async (t) => {
  const taken: string[] = []
  let isFull = false
  const output = lossy((text) => {
    if (!isFull) taken.push(text)
    return !isFull
  })
  output.write('1\n')
  isFull = true
  output.write('2\n')
  output.write('3\n')
  isFull = false
  output.write('4\n')
  output.write('5\n')
  t.equal(taken.length, 4)
  t.match(taken[1], LOST)
  t.match(JSON.parse(taken[1] ?? ''), { time: /Z$/, name: 'camunda-auth-proxy' })
  t.strictSame([taken[0], ...taken.slice(2)], ['1\n', '4\n', '5\n'])
})

t.test('of a stream that nobody reads, no more than so much is kept', async (t) => {
  const stream = new PassThrough({ highWaterMark: 1 })
  const sink = streamSink(stream)
  const line = `${'x'.repeat(1_023)}\n`
  let kept = 0
  while (sink(line)) kept++
  t.ok(kept > 200 && kept < 300, `${kept} KiB`)
  stream.resume()
  await new Promise((resolve) => setImmediate(resolve))
  t.ok(sink(line), 'it is read again')
  stream.destroy(new Error('EPIPE'))
  t.notOk(sink(line), 'its reader has left')
})

t.test('a file takes what it has room for, and a full one nothing', async (t) => {
  const path = join(t.testdir({}), 'log')
  const fd = openSync(path, 'a')
  const sink = fileSink(fd)
  t.ok(sink('ünö\n'))
  t.ok(sink('two\n'))
  closeSync(fd)
  t.notOk(sink('three\n'), 'it is gone')
  t.equal(readFileSync(path, 'utf8'), 'ünö\ntwo\n')
})

t.test('a full disk', { skip: process.platform !== 'linux' && 'there is no /dev/full' }, async (t) => {
  const fd = openSync('/dev/full', 'w')
  t.notOk(fileSink(fd)('one\n'))
  closeSync(fd)
})

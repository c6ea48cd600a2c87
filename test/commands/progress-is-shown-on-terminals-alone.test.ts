import { Writable } from 'node:stream'
import t from 'tap'
import { progressOn } from '../../src/commands/progress.ts'

const taking = (isTTY: boolean, columns?: number) => {
  let written = ''
  const stream = new Writable({
    write(chunk, _encoding, done) {
      written += String(chunk)
      done()
    },
  })
  return { stderr: Object.assign(stream, { isTTY, ...(columns && { columns }) }), written: () => written }
}

t.test('one line, rewritten, no wider than the terminal, and taken away', async (t) => {
  const { stderr, written } = taking(true, 10)
  const progress = progressOn(stderr)
  progress.show('waiting for long')
  progress.show('a\u001b[31m\nb')
  progress.clear()
  t.equal(written(), '\r\x1b[2Kwaiting f\r\x1b[2Ka [31m b\r\x1b[2K')
})

t.test('nothing elsewhere', async (t) => {
  const { stderr, written } = taking(false)
  const progress = progressOn(stderr)
  progress.show('waiting')
  progress.clear()
  t.equal(written(), '')
})

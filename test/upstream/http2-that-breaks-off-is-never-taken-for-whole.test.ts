import t from 'tap'
import { gatewayTo, http2Lab, identity } from '../helpers/http2-lab.ts'
import { rawHttp2 } from '../helpers/raw-http2.ts'
import { until } from '../helpers/until.ts'

/** RFC 9113 section 7. */
const [PROTOCOL_ERROR, INTERNAL_ERROR, CANCEL, ENHANCE_YOUR_CALM] = [1, 2, 8, 11] as const

const read = async (url: string) => {
  const answer = await fetch(url)
  return { status: answer.status, text: await answer.text() }
}

for (const code of [PROTOCOL_ERROR, INTERNAL_ERROR, CANCEL, ENHANCE_YOUR_CALM]) {
  t.test(`a stream that is reset with ${code}`, async (t) => {
    const { port, connections } = await rawHttp2(t, identity, (stream) => {
      if (stream.id === 1) {
        stream.head()
        stream.data('the beginning')
      }
      if (stream.id < 5) setImmediate(() => stream.reset(code))
      else {
        stream.head()
        stream.data('whole', true)
      }
    })
    const lab = await gatewayTo(t, port)
    await t.rejects(read(`${lab.url}/v2/begun`))
    t.match(await read(`${lab.url}/v2/x`), { status: 502, text: /broke off/ })
    t.strictSame(await read(`${lab.url}/v2/x`), { status: 200, text: 'whole' })
    t.equal(connections(), 1, 'the connection goes on')
  })
}

t.test('a connection that ends', async (t) => {
  const lab = await http2Lab(t, (stream, { ':path': path }) => {
    if (path === '/v2/begun') {
      stream.respond({ ':status': 200 })
      stream.write('the beginning')
      setImmediate(() => setImmediate(() => stream.session?.destroy()))
    } else stream.session?.destroy()
  })
  await t.rejects(read(`${lab.url}/v2/begun`))
  t.match(await read(`${lab.url}/v2/x`), { status: 502, text: /broke off/ })
})

t.test(
  'a server that asks to move on has what is in flight answered, and the next on a new connection',
  async (t) => {
    let end = () => {}
    let begun = 0
    const lab = await http2Lab(t, (stream) => {
      if (++begun > 1) {
        stream.respond({ ':status': 200 })
        stream.end('on the new one')
        return
      }
      stream.respond({ ':status': 200 })
      stream.write('begun, ')
      stream.session?.close()
      end = () => stream.end('ended')
    })
    const first = await fetch(`${lab.url}/v2/x`)
    await until(() => lab.sessions[0]?.closed === true, 'it has asked')
    await new Promise(setImmediate)
    t.equal((await read(`${lab.url}/v2/x`)).text, 'on the new one')
    end()
    t.equal(await first.text(), 'begun, ended')
    t.equal(lab.sessions.length, 2)
    t.strictSame(lab.log, [])
  },
)

t.test('what is written upside down ends its stream alone', async (t) => {
  const lab = await http2Lab(t, (stream, { ':path': path }) => {
    stream.respond({ ':status': 200, ...(path === '/v2/short' && { 'content-length': '100' }) })
    stream.end('not a hundred')
  })
  await t.rejects(read(`${lab.url}/v2/short`))
  t.equal((await read(`${lab.url}/v2/x`)).status, 200)
})

t.test('an answer whose status is none', async (t) => {
  const cluster = await rawHttp2(t, identity, (stream) => {
    stream.head('050')
    stream.data('whole', true)
  })
  const lab = await gatewayTo(t, cluster.port)
  t.equal((await read(`${lab.url}/v2/x`)).status, 502)
  t.strictSame(lab.defects, [])
})

t.test('a dispatcher that is closed carries to the end what it has, and takes nothing more', async (t) => {
  let end = () => {}
  const lab = await http2Lab(t, (stream) => {
    stream.respond({ ':status': 200 })
    stream.write('begun, ')
    end = () => stream.end('ended')
  })
  const answer = await fetch(`${lab.url}/v2/x`)
  const closed = lab.dispatcher.close()
  t.match(await read(`${lab.url}/v2/x`), { status: 503, text: /shutting down/ })
  end()
  t.equal(await answer.text(), 'begun, ended')
  await closed
  await until(() => lab.sessions[0]?.destroyed === true, 'the connection is closed')
})

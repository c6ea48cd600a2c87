// RFC 9112 section 4: a reason phrase is optional and may hold any byte beyond ASCII. Node refuses to write what does not
// fit into one byte a character, so that to read it as UTF-8 would be to lose it.
import t, { type Test } from 'tap'
import { rawServer } from '../helpers/fake-cluster.ts'
import { fakeIdp, tokens } from '../helpers/fake-idp.ts'
import { runProxy } from '../helpers/proxy.ts'
import { type RawAnswer, rawRequest, requestHead } from '../helpers/raw-http.ts'

/** Answers each request with a status line of its own. */
async function answerWith(t: Test, statusLine: Buffer): Promise<{ ask(): Promise<RawAnswer> }> {
  const idp = await fakeIdp()
  t.teardown(() => idp.close())
  const rest = Buffer.from('\r\nContent-Length: 4\r\n\r\nbody')
  const cluster = await rawServer((socket) =>
    socket.on('data', () => socket.write(Buffer.concat([Buffer.from('HTTP/1.1 '), statusLine, rest]))),
  )
  t.teardown(() => cluster.close())
  const proxy = await runProxy(t, { clusterUrl: cluster.url, tokenUrl: idp.tokenUrl })
  // A refused token brings the same one again, so that a 401 stands.
  idp.answerWith((request, response) => tokens()(request, response, 1))
  return { ask: () => rawRequest(proxy.port, requestHead('GET', '/v2/x')) }
}

const phrases: [string, Buffer][] = [
  ['plain words', Buffer.from('Not Quite')],
  ['a character of Latin 1', Buffer.from('Gelöscht')],
  ['a character beyond it', Buffer.from('Отказано')],
  ['bytes that are no UTF-8', Buffer.from([0x47, 0xf6])],
  ['nothing', Buffer.alloc(0)],
]

async function check(t: Test, status: number, [what, phrase]: (typeof phrases)[number]) {
  const { ask } = await answerWith(t, Buffer.concat([Buffer.from(`${status} `), phrase]))
  const answer = await ask()
  t.equal(answer.head.split('\r\n')[0], `HTTP/1.1 ${status} ${phrase.toString('latin1')}`, what)
  t.equal(answer.body, 'body', what)
}

t.test('an answer whose phrase holds', async (t) => {
  for (const phrase of phrases) await check(t, 409, phrase)
})

t.test('a 401 that was held back and stands', async (t) => {
  for (const phrase of phrases.slice(2, 3)) await check(t, 401, phrase)
})

import t from 'tap'
import { outcome } from '../helpers/keeper-lab.ts'
import { remoteLab, sent } from '../helpers/remote-lab.ts'

const signs = { api: 'http://cluster.example/v2/', loginPaths: ['/login'] }
const first = { safe: ['cookie', 's=1'], unsafe: ['cookie', 's=1', 'x-csrf-token', 'a'], signs }

function loggedIn() {
  const lab = remoteLab()
  lab.keeper.take(sent('1.1', { session: first }))
  const session = lab.keeper.current()?.session
  if (session === undefined) throw new Error('it was sent a login')
  return { ...lab, session }
}

t.test('cookies and CSRF tokens, and nothing else, one message at a time', async (t) => {
  const { session, asked, clock } = loggedIn()
  session.observe(['content-type', 'text/plain'])
  t.equal(asked.length, 0)
  session.observe(['Set-Cookie', 's=2', 'content-type', 'text/plain', 'X-CSRF-TOKEN', 'b'])
  session.observe(['x-csrf-token', 'c'])
  session.observe(['set-cookie', 's=3'])
  t.match(
    asked.map(({ message }) => message),
    [{ type: 'observe', issue: '1.1', rawHeaders: ['Set-Cookie', 's=2', 'X-CSRF-TOKEN', 'b'] }],
  )
  t.equal(asked.length, 1)
  asked[0]?.answer()
  await clock.settle()
  t.match(asked[1]?.message, { rawHeaders: ['x-csrf-token', 'c', 'set-cookie', 's=3'] })
  for (let i = 0; i < 1_000; i++) session.observe(['x-csrf-token', `d${i}`])
  asked[1]?.answer()
  await clock.settle()
  const { message } = asked[2] ?? {}
  const rawHeaders = message?.type === 'observe' ? message.rawHeaders : []
  t.equal(rawHeaders.length, 128, 'the last of what there was')
  t.equal(rawHeaders.at(-1), 'd999')
})

t.test('what is to be sent comes from the primary, for requests on their way as well', async (t) => {
  const { session, keeper } = loggedIn()
  t.strictSame(session.headersFor('GET'), first.safe)
  t.strictSame(session.headersFor('POST'), first.unsafe)
  const next = { safe: ['cookie', 's=2'], unsafe: ['cookie', 's=2', 'x-csrf-token', 'b'] }
  keeper.takeSession('1.0', next)
  t.strictSame(session.headersFor('GET'), first.safe, 'that of another login changes nothing')
  keeper.takeSession('1.1', next)
  t.strictSame(session.headersFor('PATCH'), next.unsafe)
  keeper.take(sent('1.1', { session: first }))
  t.equal(keeper.current()?.session, session, 'it is the same login')
  t.strictSame(session.headersFor('GET'), first.safe)
  keeper.take(sent('1.2', { session: first }))
  t.not(keeper.current()?.session, session)
})

t.test('that it is over is seen here', async (t) => {
  const { session } = loggedIn()
  const over: [number, string | undefined, boolean][] = [
    [401, undefined, true],
    [302, '/login/', true],
    [302, '/elsewhere', false],
    [303, '/login', false],
    [403, undefined, false],
  ]
  for (const [status, location, expected] of over)
    t.equal(session.isOver(status, location), expected, `${status} ${location}`)
})

t.test('nothing waits for it', async (t) => {
  const { keeper, session } = loggedIn()
  session.observe(['set-cookie', 's=2'])
  const now = outcome(keeper.obtain())
  await Promise.resolve().then(() => {})
  t.ok(now.settled)
})

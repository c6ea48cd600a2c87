import t from 'tap'
import { cookiesOf } from '../helpers/cookie-cluster.ts'
import { cookieLab, headerOf, send, toldLab } from '../helpers/cookie-lab.ts'

const cookies = (headers: readonly string[]) =>
  cookiesOf({ headers: { cookie: headerOf(headers, 'cookie') ?? '' } })

for (const generation of ['8.6', '8.8'] as const) {
  t.test(
    `${generation}: the session's, the CSRF token's and those of what stands before the cluster`,
    async (t) => {
      const alsoSets = ['lb=node-7; Path=/', 'TASKLIST-SESSION=abc; Path=/; HttpOnly']
      const { session, cluster } = await cookieLab(t, { generation, alsoSets })
      const held = await session()
      const name = generation === '8.6' ? 'OPERATE-SESSION' : 'camunda-session'
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
        t.match(cookies(held.headersFor(method)), {
          lb: 'node-7',
          'TASKLIST-SESSION': 'abc',
          'X-CSRF-TOKEN': cluster.csrfToken(),
          [name]: /^[0-9A-F]{32}$/,
        })
      }
    },
  )
}

t.test('they are those of this very credential', async (t) => {
  const { acquire } = await cookieLab(t)
  const { headers, session } = await acquire()
  t.strictSame(headers, session?.headersFor('GET'))
})

t.test('those that are for the login page alone stay there', async (t) => {
  const set = ['camunda-session=abc; Path=/', 'page=1; Path=/login', 'deep=2; Path=/v2']
  const { session } = await toldLab(t, (_request, response) =>
    response.writeHead(204, { 'set-cookie': set }).end(),
  )
  t.strictSame(cookies((await session()).headersFor('GET')), { 'camunda-session': 'abc', deep: '2' })
})

t.test('one that an answer changes is changed, one that it deletes is gone, the others stay', async (t) => {
  const { session } = await cookieLab(t, { alsoSets: ['lb=node-7; Path=/', 'other=1; Path=/'] })
  const held = await session()
  const before = cookies(held.headersFor('GET'))
  held.observe(['Set-Cookie', 'lb=node-8; Path=/', 'date', 'x', 'set-cookie', 'other=; Path=/; Max-Age=0'])
  const { other: _, ...rest } = before
  t.strictSame(cookies(held.headersFor('GET')), { ...rest, lb: 'node-8' })
  held.observe(['set-cookie', 'lb=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT'])
  t.equal(cookies(held.headersFor('POST')).lb, undefined)
})

t.test('an answer without cookies changes nothing, and makes nothing new', async (t) => {
  const { session } = await cookieLab(t)
  const held = await session()
  const before = held.headersFor('POST')
  held.observe(['content-type', 'application/json', 'x-csrf-toker', 'x', 'set-cookix', 'a=b'])
  t.equal(held.headersFor('POST'), before)
})

t.test(
  'once the cluster took every cookie back there is none to send, and the next attempt logs in',
  async (t) => {
    const { session, cluster } = await cookieLab(t, { csrf: false })
    const held = await session()
    held.observe(['set-cookie', 'camunda-session=; Path=/; Max-Age=0'])
    t.strictSame(held.headersFor('GET'), [])
    t.strictSame(held.headersFor('POST'), [])
    const next = await session()
    t.equal(cluster.seen.length, 2, 'two logins, and no question between them')
    t.match(await send(next, 'GET', `${cluster.base}/v2/topology`), { status: 200 })
  },
)

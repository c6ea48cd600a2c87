import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Secret } from '../../src/config/secrets.ts'
import { cookieLab, lines, loginAt, PASSWORD } from '../helpers/cookie-lab.ts'

t.test('the older generation: in the query, byte for byte, with nothing in the body', async (t) => {
  const credentials = { username: 'demo', password: 'demo' }
  const { acquire, cluster } = await cookieLab(
    t,
    { generation: '8.6', ...credentials },
    { username: 'demo', password: Secret.ofValue('demo') },
  )
  await acquire()
  const [, login] = cluster.seen
  t.equal(`${login?.method} ${login?.url}`, 'POST /api/login?username=demo&password=demo')
  t.equal(login?.body.length, 0)
  t.equal(login?.headers['content-type'], undefined)
  t.equal(login?.headers.cookie, undefined)
  t.equal(login?.headers.authorization, undefined)
})

t.test('the newer one: the fields of a form, and nothing in the URL', async (t) => {
  const { acquire, cluster } = await cookieLab(t, { generation: '8.8' })
  await acquire()
  const [login] = cluster.seen
  t.equal(`${login?.method} ${login?.url}`, 'POST /login')
  t.equal(login?.headers['content-type'], 'application/x-www-form-urlencoded')
  t.equal(login?.body.toString(), 'username=the%20user&password=canary%20pass%26%2B%3D%C3%BC')
  t.equal(login?.headers.cookie, undefined)
})

t.test('what is special in a URL arrives as it is, either way', async (t) => {
  for (const generation of ['8.6', '8.8'] as const) {
    const { acquire, cluster } = await cookieLab(t, { generation })
    await acquire()
    t.equal(cluster.sessions(), 1, `${generation} understood ${PASSWORD}`)
  }
})

t.test('below a base path, and at a page of its own', async (t) => {
  const newer = await cookieLab(t, { basePath: '/engine' })
  await newer.acquire()
  t.strictSame(lines(newer.cluster), ['POST /engine/login'])

  const { cluster } = await cookieLab(t, { generation: '8.6' })
  await loginAt(t, cluster.base, { loginUrl: `${cluster.base}/api/login?tenant=a` }).acquire()
  t.match(lines(cluster), [/^POST \/api\/login\?tenant=a&username=the%20user&password=/])
})

t.test('the password is read anew at each login', async (t) => {
  const path = join(t.testdir({ password: PASSWORD }), 'password')
  const password = Secret.ofFile(path)
  const { session, cluster } = await cookieLab(t, {}, { password })
  ;(await session()).isOver(401, undefined)
  writeFileSync(path, 'rotated')
  cluster.changePassword('rotated')
  await session()
  t.equal(cluster.sessions(), 2)
})

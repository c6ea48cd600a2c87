import { writeFileSync } from 'node:fs'
import t from 'tap'
import { Secret } from '../../src/config/secrets.ts'
import { basicSource } from '../../src/credentials/basic.ts'
import { acquire } from '../helpers/source-lab.ts'

const DAY = 86_400_000

t.test('RFC 7617: username, colon, password, in UTF-8 and base64', async (t) => {
  for (const [username, password, base64] of [
    ['Aladdin', 'open sesame', 'QWxhZGRpbjpvcGVuIHNlc2FtZQ=='],
    ['test', '123£', 'dGVzdDoxMjPCow=='],
    ['demo', 'a:b:', 'ZGVtbzphOmI6'],
    ['', ' ', 'OiA='],
  ] as const) {
    const source = basicSource({ username, password: Secret.ofValue(password) })
    t.strictSame(await acquire(source), { headers: ['authorization', `Basic ${base64}`], lifetimeMs: DAY })
  }
})

t.test('a password in a file is read anew each time, and only a value is fixed', async (t) => {
  const path = `${t.testdir({ password: 'old\n' })}/password`
  const source = basicSource({ username: 'demo', password: Secret.ofFile(path) })
  t.same((await acquire(source)).headers, ['authorization', 'Basic ZGVtbzpvbGQ='])
  const before = await source.fingerprint()
  writeFileSync(path, 'new')
  t.same((await acquire(source)).headers, ['authorization', 'Basic ZGVtbzpuZXc='])
  t.not(await source.fingerprint(), before)
  t.equal(source.fixed, false)
  t.equal(basicSource({ username: 'demo', password: Secret.ofValue('x') }).fixed, true)
})

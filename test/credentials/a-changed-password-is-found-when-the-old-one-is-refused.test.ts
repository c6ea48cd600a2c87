import { writeFileSync } from 'node:fs'
import t from 'tap'
import { Secret } from '../../src/config/secrets.ts'
import { basicSource } from '../../src/credentials/basic.ts'
import { given } from '../helpers/keeper-lab.ts'
import { keeperOf } from '../helpers/source-lab.ts'

const HOUR = 3_600_000

t.test('in a file: the request that met the 401 gets the new one', async (t) => {
  const path = `${t.testdir({ password: 'old' })}/password`
  const lab = keeperOf(() => basicSource({ username: 'demo', password: Secret.ofFile(path) }))
  const old = await lab.keeper.obtain()
  await lab.clock.advance(HOUR)
  t.equal(lab.asked.length, 1, 'nobody looks without need')
  writeFileSync(path, 'new')
  t.match(await lab.keeper.reject(old), { headers: ['authorization', 'Basic ZGVtbzpuZXc='], generation: 2 })
  t.equal(given(lab).generation, 2)
})

t.test('as a value: it stays the same generation, and no request is sent again', async (t) => {
  const lab = keeperOf(() => basicSource({ username: 'demo', password: Secret.ofValue('wrong') }))
  const wrong = await lab.keeper.obtain()
  for (let minute = 0; minute < 60; minute++) {
    const replacement = lab.keeper.reject(wrong)
    await lab.clock.advance(60_000)
    t.equal(await replacement, undefined)
  }
  t.equal(given(lab).generation, 1)
  t.ok(lab.asked.length <= 20, `it was looked at ${lab.asked.length} times in an hour`)
})

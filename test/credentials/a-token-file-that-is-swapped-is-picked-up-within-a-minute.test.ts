// As the kubelet does with the tokens of service accounts: a new folder, and a symbolic link that is turned to it.
import { renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { Secret } from '../../src/config/secrets.ts'
import { bearerSource } from '../../src/credentials/bearer.ts'
import { given, type KeeperLab } from '../helpers/keeper-lab.ts'
import { jwt, keeperOf, WALL } from '../helpers/source-lab.ts'
import { until } from '../helpers/until.ts'

const HOUR = 3_600_000
const inS = (seconds: number) => WALL / 1_000 + seconds

async function lab(t: Test, token: string) {
  const path = `${t.testdir({})}/token`
  writeFileSync(path, token)
  const keeper = keeperOf((now) => bearerSource({ token: Secret.ofFile(path) }, { now }))
  await keeper.keeper.obtain()
  return { lab: keeper, path }
}

/** The file is really read, which takes a moment that no virtual clock knows of. */
const settled = ({ events }: KeeperLab, count: number) =>
  until(() => events.length >= count, `event ${count} came`)

t.test('swapped by a turned link', async (t) => {
  const folder = t.testdir({ old: { token: 'one' }, new: { token: 'two' } })
  symlinkSync('old', `${folder}/now`)
  const token = Secret.ofFile(`${folder}/now/token`)
  const keeper = keeperOf((now) => bearerSource({ token }, { now }))
  t.same((await keeper.keeper.obtain()).headers, ['authorization', 'Bearer one'])
  symlinkSync('new', `${folder}/next`)
  renameSync(`${folder}/next`, `${folder}/now`)
  await keeper.clock.advance(60_000)
  await settled(keeper, 2)
  t.match(given(keeper), { headers: ['authorization', 'Bearer two'], generation: 2 })
})

t.test('one that stays the same stays the same generation', async (t) => {
  const { lab: keeper } = await lab(t, jwt({ exp: inS(7_200) }))
  for (let minute = 1; minute <= 5; minute++) {
    await keeper.clock.advance(57_000)
    await settled(keeper, minute + 1)
  }
  t.equal(given(keeper).generation, 1)
  t.equal(keeper.asked.length, 6)
})

t.test('while it cannot be read, the old one is used for a while', async (t) => {
  const { lab: keeper, path } = await lab(t, 'one')
  rmSync(path)
  await keeper.clock.advance(60_000)
  await settled(keeper, 2)
  t.match(keeper.events[1], { type: 'failed', failure: { code: 'token-unreadable', refused: false } })
  t.match(given(keeper), { headers: ['authorization', 'Bearer one'] })
  await until(() => keeper.keeper.status().state === 'degraded', 'no attempt is under way')
  writeFileSync(path, 'two')
  await keeper.clock.advance(5_000)
  await until(() => given(keeper).generation === 2, 'the new one is there')
})

t.test('after an end that was missed, a new one is noticed within a second', async (t) => {
  const { lab: keeper, path } = await lab(t, jwt({ exp: inS(30) }))
  let seen = 1
  while (keeper.keeper.status().state !== 'misconfigured') {
    await keeper.clock.advance(1_000)
    await until(() => keeper.keeper.status().state !== 'renewing', 'the file was read')
    if (seen++ > 60) throw new Error('the end passed unnoticed')
  }
  await t.rejects(keeper.keeper.obtain(), {
    code: 'credential-refused',
    message: /expired at 2030-01-01T00:00:3/,
  })
  await keeper.clock.advance(HOUR)
  await until(() => keeper.keeper.status().state === 'misconfigured', 'it was refused again')
  writeFileSync(path, 'two')
  await keeper.clock.advance(1_000)
  await until(() => keeper.keeper.current() !== undefined, 'the new one is there')
  t.same(given(keeper).headers, ['authorization', 'Bearer two'])
})

t.test('and the request that meets a 401 need not wait that long', async (t) => {
  const { lab: keeper, path } = await lab(t, 'one')
  const old = given(keeper)
  await keeper.clock.advance(2_000)
  writeFileSync(path, 'two')
  t.match(await keeper.keeper.reject(old), { headers: ['authorization', 'Bearer two'], generation: 2 })
})

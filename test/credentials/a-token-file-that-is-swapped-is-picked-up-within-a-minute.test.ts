// As the kubelet does with the tokens of service accounts: a new folder, and a symbolic link that is turned to it.
import { renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { Secret } from '../../src/config/secrets.ts'
import { bearerSource } from '../../src/credentials/bearer.ts'
import { given, type KeeperLab } from '../helpers/keeper-lab.ts'
import { jwt, keeperOf, WALL } from '../helpers/source-lab.ts'
import { until } from '../helpers/until.ts'

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

/** Lets one second after another pass, 20 at most, and each time as long as it takes to read the file. */
async function pass({ clock }: KeeperLab, path: string, condition: () => boolean): Promise<void> {
  for (let second = 0; !condition(); second++) {
    if (second === 20) throw new Error('20 s passed in vain')
    await clock.advance(1_000)
    await Secret.ofFile(path).read()
  }
}

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
  writeFileSync(path, 'two')
  await pass(keeper, path, () => keeper.keeper.current()?.generation === 2)
  t.same(given(keeper).headers, ['authorization', 'Bearer two'])
})

t.test('after an end that was missed, a new one is noticed long before the pause is over', async (t) => {
  const { lab: keeper, path } = await lab(t, jwt({ exp: inS(1) }))
  await pass(keeper, path, () => keeper.keeper.status().state === 'misconfigured')
  t.match(keeper.events.at(-1), { type: 'failed', nextTryInMs: 30_000 })
  await t.rejects(keeper.keeper.obtain(), {
    code: 'credential-refused',
    message: /^The token from file .+ expired at 2030-01-01T00:00:01.000Z\. The next attempt is due/,
  })
  writeFileSync(path, 'two')
  await pass(keeper, path, () => keeper.keeper.current() !== undefined)
  t.same(given(keeper).headers, ['authorization', 'Bearer two'])
})

t.test('and the request that meets a 401 need not wait that long', async (t) => {
  const { lab: keeper, path } = await lab(t, 'one')
  const old = given(keeper)
  await keeper.clock.advance(2_000)
  writeFileSync(path, 'two')
  t.match(await keeper.keeper.reject(old), { headers: ['authorization', 'Bearer two'], generation: 2 })
})

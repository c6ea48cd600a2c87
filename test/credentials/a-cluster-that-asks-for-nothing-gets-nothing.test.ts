import t from 'tap'
import { noneSource } from '../../src/credentials/none.ts'
import { given } from '../helpers/keeper-lab.ts'
import { acquire, keeperOf } from '../helpers/source-lab.ts'

t.test('no header, for a day, and never anything else', async (t) => {
  const source = noneSource()
  t.strictSame(await acquire(source), { headers: [], lifetimeMs: 86_400_000 })
  t.equal(source.fixed, true)
  t.equal(await source.fingerprint(), await noneSource().fingerprint())
})

t.test('its keeper is ready at once and stays so', async (t) => {
  const lab = keeperOf(noneSource)
  t.strictSame((await lab.keeper.obtain()).headers, [])
  await lab.clock.advance(3 * 86_400_000)
  t.equal(lab.keeper.status().state, 'fresh')
  t.equal(given(lab).generation, 1)
})

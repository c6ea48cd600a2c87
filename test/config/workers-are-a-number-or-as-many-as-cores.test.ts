import { availableParallelism } from 'node:os'
import t from 'tap'
import { faults, faulty, load } from '../helpers/settings.ts'

t.test('one, unless something else is said', async (t) => {
  t.equal((await load()).settings.workers, 1)
  t.equal((await load({}, ['--workers', '3'])).settings.workers, 3)
  t.equal((await load({ CAMUNDA_PROXY_WORKERS: '64' })).settings.workers, 64)
  t.equal(
    (await load({ CAMUNDA_PROXY_WORKERS: 'auto' })).settings.workers,
    Math.min(availableParallelism(), 64),
  )
})

t.test('nothing else', async (t) => {
  for (const workers of ['0', '65', '-1', '1.5', 'many', 'AUTO '])
    t.strictSame(await faulty({ CAMUNDA_PROXY_WORKERS: workers }), ['workers'], workers)
  t.match(await faults({ CAMUNDA_PROXY_WORKERS: '0' }), [{ expected: 'a number from 1 to 64, or auto' }])
})

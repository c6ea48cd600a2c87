import t from 'tap'
import { loadSettings } from '../../src/config/load.ts'
import { SettingsError } from '../../src/errors.ts'
import { ENOUGH, load } from '../helpers/settings.ts'

const reload = async (before: Record<string, string>, after: Record<string, string>) => {
  const { staying } = await load(before)
  return loadSettings([], { ...ENOUGH, ...after }, undefined, undefined, staying)
}

t.test('listeners, workers and the file of refusals stay, and are named; the rest changes', async (t) => {
  const before = { CAMUNDA_PROXY_PORT: '8001', CAMUNDA_PROXY_WORKERS: '2' }
  const { settings, needsRestart } = await reload(before, {
    CAMUNDA_PROXY_PORT: '8002',
    CAMUNDA_PROXY_ALLOWED_HOSTS: 'proxy.example',
  })
  t.strictSame(needsRestart, ['port', 'workers'])
  t.match(settings, { listen: { port: 8_001 }, workers: 2, allowedHosts: ['proxy.example'] })
})

t.test('what is the same needs none, and nor does what was never set', async (t) => {
  const { needsRestart, settings } = await reload({}, {})
  t.strictSame(needsRestart, [])
  t.match(settings.listen, { host: '127.0.0.1' })
})

t.test('the caller token cannot be taken away from a listener that other machines reach', async (t) => {
  const before = { CAMUNDA_PROXY_HOST: '0.0.0.0', CAMUNDA_PROXY_CALLER_TOKEN: 'secret' }
  await t.rejects(reload(before, {}), SettingsError)
  await t.rejects(
    reload(before, { CAMUNDA_PROXY_HOST: '127.0.0.1' }),
    SettingsError,
    'it still listens there',
  )
  await t.resolves(reload(before, { ...before, CAMUNDA_PROXY_CALLER_TOKEN: 'another' }))
})
